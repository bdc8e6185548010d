import type { QueryResultRow } from 'pg';
import type { Position } from '../../domain/cursor.ts';
import type { TenantTx } from '../tenant.ts';
import {
  positionOf,
  readResource,
  readResourcePage,
  type Condition,
  type PageRow,
  type PageSource,
  type ResourcePage,
} from './resource-page.ts';

/** The two reads of a table of the service desk. */
export interface DeskRead<Filter, Entity> {
  /** A page, newest first. Takes one row more than `limit`. */
  list(
    tx: TenantTx,
    page: ResourcePage,
    filter: Filter,
  ): Promise<(Entity & { readonly position: Position })[]>;
  /** One of the tenant's, or undefined. */
  find(tx: TenantTx, id: string): Promise<Entity | undefined>;
}

/** The reads of a table, from what stands beside its columns: its filter and its mapping. */
export function makeDeskRead<Row extends QueryResultRow, Filter, Entity>(table: {
  readonly source: PageSource;
  readonly conditions: (filter: Filter) => readonly Condition[];
  readonly map: (row: Row) => Entity;
}): DeskRead<Filter, Entity> {
  const { source, conditions, map } = table;
  return {
    async list(tx, page, filter) {
      const rows = await readResourcePage<Row & PageRow>(tx, source, page, conditions(filter));
      return rows.map((row) => ({ ...map(row), position: positionOf(row) }));
    },
    async find(tx, id) {
      const row = await readResource<Row>(tx, source, id);
      return row && map(row);
    },
  };
}
