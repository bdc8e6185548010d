import { TidegateError } from '../errors/tidegate-error.ts';
import { isUuid } from './ids.ts';
import { parseIsoTime } from './iso-time.ts';

/** Where a page of a list ended: the sort value and the id of its last row. */
export interface Position {
  /** ISO 8601 with microseconds, as the database wrote it: a JavaScript date would cut it short. */
  readonly at: string;
  readonly id: string;
}

const momentPattern = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;

/** The opaque text form of a position. */
export function encodeCursor({ at, id }: Position): string {
  return btoa(`${at} ${id}`).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

/** The position behind a cursor. Throws `cursor_invalid` for a text that is none of ours. */
export function decodeCursor(cursor: string): Position {
  let text: string;
  try {
    text = atob(cursor.replaceAll('-', '+').replaceAll('_', '/'));
  } catch (cause) {
    throw new TidegateError('cursor_invalid', undefined, { cause });
  }
  const [at = '', id = '', ...rest] = text.split(' ');
  if (!momentPattern.test(at) || parseIsoTime(at) === undefined || !isUuid(id) || rest.length > 0) {
    throw new TidegateError('cursor_invalid');
  }
  return { at, id };
}

/** One page, from `limit + 1` rows of a keyset query: the extra row only says that more follow. */
export function pageOf<Row extends { readonly position: Position }>(
  rows: readonly Row[],
  limit: number,
): {
  readonly rows: readonly Row[];
  readonly nextCursor: string | null;
  readonly hasMore: boolean;
} {
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  const hasMore = rows.length > limit;
  return { rows: page, nextCursor: hasMore && last ? encodeCursor(last.position) : null, hasMore };
}
