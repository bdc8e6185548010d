import type { Position } from '../domain/cursor.ts';

/** A page of a keyset-paged list: what follows `after`, or the newest rows. */
export interface KeysetPage {
  readonly after: Position | undefined;
  readonly limit: number;
}

/** The sort value of a row as text with microseconds, which a JavaScript date would lose. */
export function positionColumns(
  column:
    | 'created_at'
    | 'received_at'
    | 'occurred_at'
    | 'e.created_at'
    | 'd.created_at'
    | 'v.occurred_at',
): string {
  return `to_char(${column} at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as position_at`;
}
