import { Option } from 'commander';
import type { Api, Query } from '../api.ts';
import { integer } from './values.ts';

export interface ListOptions {
  readonly limit?: number;
  readonly cursor?: string;
  readonly all?: boolean;
}

/** A page of a list, as the API answers it. */
export interface Page<Row> {
  readonly data: readonly Row[];
  readonly nextCursor: string | null;
  readonly hasMore: boolean;
}

/** How many rows `--all` collects at most. */
const rowsMax = 10_000;

export const listOptions = (): readonly Option[] => [
  new Option('--limit <rows>', 'rows of a page, 1 to 100').argParser(integer(1, 100)),
  new Option('--cursor <cursor>', 'where the page before ended, see its nextCursor'),
  new Option('--all', `every page, at most ${rowsMax} rows`).conflicts(['cursor', 'limit']),
];

/** One page of a list, or with `--all` its pages joined into one. */
export async function readList<Row>(
  api: Api,
  path: string,
  { limit, cursor, all }: ListOptions,
  filter: Query = {},
): Promise<Page<Row>> {
  if (all !== true) return api.get<Page<Row>>(path, { ...filter, limit, cursor });
  const data: Row[] = [];
  let page: Page<Row> | undefined;
  do {
    page = await api.get<Page<Row>>(path, {
      ...filter,
      limit: 100,
      cursor: page?.nextCursor ?? undefined,
    });
    data.push(...page.data);
  } while (page.nextCursor !== null && data.length < rowsMax);
  return { ...page, data };
}
