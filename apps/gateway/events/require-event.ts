import {
  findEvent,
  type EventStatus,
  type LoggedEvent,
} from '../../../shared/db/queries/event-log.ts';
import type { TenantTx } from '../../../shared/db/tenant.ts';
import { fromWireId, parseEventId, type EventId } from '../../../shared/domain/ids.ts';
import { TidegateError } from '../../../shared/errors/tidegate-error.ts';

const dayMs = 86_400_000;

/**
 * The event under a wire id. Throws `event_expired` for one that is older than events are kept, and
 * `not_found` when there is none. What retention has removed is known by its id alone: a UUIDv7 says
 * when it was made. The ids that come from a message (S-097) do not, so that such an event is
 * `not_found` once it is gone; and an id of another tenant's is answered as if it were nobody's (S-100).
 */
export async function requireEvent(
  tx: TenantTx,
  wireId: string,
  retentionDays: number,
): Promise<LoggedEvent & { readonly status: EventStatus }> {
  const uuid = fromWireId('event', wireId);
  if (uuid === undefined) throw new TidegateError('not_found');
  const id = parseEventId(uuid);
  const oldestMs = Date.now() - retentionDays * dayMs;
  const event = await findEvent(tx, id);
  const madeMs = event === undefined ? madeAtMs(id) : event.occurredAt.getTime();
  if (madeMs !== undefined && madeMs < oldestMs) throw new TidegateError('event_expired');
  if (event === undefined) throw new TidegateError('not_found');
  return event;
}

/** The first 48 bits of a UUIDv7 (RFC 9562), in milliseconds since 1970; undefined for other versions. */
function madeAtMs(id: EventId): number | undefined {
  return id[14] === '7' ? Number.parseInt(id.replace('-', '').slice(0, 12), 16) : undefined;
}
