import type { EventId } from '../../domain/ids.ts';
import type { TenantTx } from '../tenant.ts';
import { eventColumns, toLoggedEvent, type EventRow, type LoggedEvent } from './event-log.ts';

/**
 * A place in the order in which a stream tells the events of a tenant: the transaction that recorded
 * the last one told, as a decimal text, and its id. Of one transaction, events come by their ids.
 */
export interface StreamPosition {
  readonly writtenIn: string;
  readonly id: string;
}

export interface StreamedEvent extends LoggedEvent {
  readonly position: StreamPosition;
}

/** Below every id, so that the position before a transaction is the transaction and this. */
const noId = '00000000-0000-0000-0000-000000000000';

/** The place that everything follows which is still to be told: what is committed from now on. */
export async function findStreamEnd(tx: TenantTx): Promise<StreamPosition> {
  const { rows } = await tx.query<{ written_in: string }>({
    name: 'find_stream_end',
    text: 'select pg_snapshot_xmin(pg_current_snapshot())::text as written_in',
  });
  return { writtenIn: rows[0]?.written_in ?? '0', id: noId };
}

/** The place of an event, or undefined when there is none of that id. */
export async function findStreamPosition(
  tx: TenantTx,
  id: EventId,
): Promise<StreamPosition | undefined> {
  const { rows } = await tx.query<{ written_in: string }>({
    name: 'find_stream_position',
    text: `
      select coalesce(written_in, '0'::xid8)::text as written_in from events
      where tenant_id = $1::uuid and id = $2::uuid`,
    values: [tx.tenantId, id],
  });
  return rows[0] && { writtenIn: rows[0].written_in, id };
}

/**
 * What follows a position and is there for good, at most `limit` events. Events of transactions at or
 * above the oldest one that runs are left for a later call: one that has not committed yet may come
 * before them.
 */
export async function readStream(
  tx: TenantTx,
  after: StreamPosition,
  limit: number,
): Promise<StreamedEvent[]> {
  const { rows } = await tx.query<EventRow & { written_in: string }>({
    name: 'read_stream',
    text: `
      select ${eventColumns}, written_in::text as written_in from events
      where tenant_id = $1::uuid
        and (written_in, id) > ($2::text::xid8, $3::uuid)
        and written_in < pg_snapshot_xmin(pg_current_snapshot())
      order by tenant_id, events.written_in, id
      limit $4::integer`,
    values: [tx.tenantId, after.writtenIn, after.id, limit],
  });
  return rows.map((row) => ({
    ...toLoggedEvent(row),
    position: { writtenIn: row.written_in, id: row.id },
  }));
}

/**
 * Puts events from the future to the beginning. After a restore from a dump, rows carry numbers that
 * this server has not given out yet and would hold up a stream until it has. Touches nothing otherwise.
 */
export async function mendStreamOrder(tx: TenantTx): Promise<void> {
  await tx.query({
    name: 'mend_stream_order',
    text: `
      update events set written_in = '0'::xid8
      where tenant_id = $1::uuid and written_in >= pg_snapshot_xmax(pg_current_snapshot())`,
    values: [tx.tenantId],
  });
}
