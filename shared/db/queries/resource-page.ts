import type { QueryResultRow } from 'pg';
import type { Position } from '../../domain/cursor.ts';
import type { KeysetPage } from '../keyset.ts';
import type { TenantTx } from '../tenant.ts';

/**
 * The list of one resource by its sort column, then by id, newest first unless it says otherwise (S-114).
 * Everything in a source is written beside the statements of its table: callers give values only.
 */
export interface PageSource {
  readonly columns: string;
  /** The table, with its alias and joins. */
  readonly from: string;
  readonly tenantColumn: string;
  readonly idColumn: string;
  /** A moment kept to the millisecond; see migrations 0020 and 0022. */
  readonly sortColumn: string;
  readonly direction?: 'asc';
}

export interface ResourcePage extends KeysetPage {
  /** Only what is newer than this moment, itself left out. ISO 8601. */
  readonly updatedSince: string | undefined;
}

/** Writes a condition; `parameter` takes a value and gives its placeholder, cast to a type. */
export type Condition = (parameter: (value: unknown, type: string) => string) => string;

/** `column = value`, or no condition when there is no value. */
export const equals = (column: string, type: string, value: unknown): Condition[] =>
  value === undefined ? [] : [(parameter) => `${column} = ${parameter(value, type)}`];

/** The same, where null is a value too: what has none. */
export const equalsOrNull = (column: string, type: string, value: unknown): Condition[] =>
  value === null ? [() => `${column} is null`] : equals(column, type, value);

/** A page of a source. Takes one row more than `limit`; rows carry the columns `id` and `position_at`. */
export async function readResourcePage<Row extends QueryResultRow>(
  tx: TenantTx,
  source: PageSource,
  page: ResourcePage,
  conditions: readonly Condition[],
): Promise<(Row & PageRow)[]> {
  const { sortColumn, idColumn, direction = 'desc' } = source;
  const isAfter = direction === 'asc' ? '>' : '<';
  const values: unknown[] = [];
  const parameter = (value: unknown, type: string): string => `$${values.push(value)}::${type}`;
  const where = [
    `${source.tenantColumn} = ${parameter(tx.tenantId, 'uuid')}`,
    ...conditions.map((condition) => condition(parameter)),
    ...(page.updatedSince === undefined
      ? []
      : [`${sortColumn} > ${parameter(page.updatedSince, 'timestamptz')}`]),
    ...(page.after === undefined
      ? []
      : [
          `(${sortColumn}, ${idColumn}) ${isAfter} (${parameter(page.after.at, 'timestamptz')}, ${parameter(page.after.id, 'uuid')})`,
        ]),
  ];
  const { rows } = await tx.query<Row & PageRow>({
    text: `
      select ${source.columns},
        to_char(${sortColumn} at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as position_at
      from ${source.from}
      where ${where.join(' and ')}
      order by ${sortColumn} ${direction}, ${idColumn} ${direction}
      limit ${parameter(page.limit + 1, 'integer')}`,
    values,
  });
  return rows;
}

/** One row of a source by its id, or undefined. `for update` locks it until the commit. */
export async function readResource<Row extends QueryResultRow>(
  tx: TenantTx,
  source: PageSource,
  id: string,
  lock: 'none' | 'for update' = 'none',
): Promise<Row | undefined> {
  const { rows } = await tx.query<Row>({
    text: `
      select ${source.columns} from ${source.from}
      where ${source.tenantColumn} = $1::uuid and ${source.idColumn} = $2::uuid
      ${lock === 'none' ? '' : 'for update'}`,
    values: [tx.tenantId, id],
  });
  return rows[0];
}

export interface PageRow {
  id: string;
  position_at: string;
}

/** Where a row stands in its list. */
export const positionOf = ({ position_at: at, id }: PageRow): Position => ({ at, id });

/**
 * Matches a member of a JSON column by its text. A query string does not tell `5` from `"5"`, so every
 * value that is written like this matches.
 */
export const hasMember = (column: string, key: string, text: string): Condition => {
  const written = [text, ...(isJsonScalar(text) ? [JSON.parse(text) as unknown] : [])];
  return (parameter) => {
    const matches = written.map(
      (value) => `${column} @> ${parameter(JSON.stringify({ [key]: value }), 'jsonb')}`,
    );
    return `(${matches.join(' or ')})`;
  };
};

const isJsonScalar = (text: string): boolean =>
  /^(true|false|null|-?(0|[1-9]\d{0,14})(\.\d{1,15})?)$/.test(text);
