import type { EndpointId, OutboundDeliveryId } from '../../domain/ids.ts';
import type { AnnouncedDelivery, TenantTx } from '../tenant.ts';
import { startGraceMs, toAnnounced, type AnnouncedRow } from './outbound-deliveries.ts';

// The line of deliveries that wait for a place at an endpoint: who is in it, and whose turn is next.

/** Notes that a delivery waits for another one of its endpoint to finish; gives back a place in the rate. */
export async function queueForPlace(
  tx: TenantTx,
  id: OutboundDeliveryId,
  endpointId: EndpointId,
  options: { readonly fallbackMs: number; readonly hasRateSlot: boolean },
): Promise<void> {
  await tx.query({
    name: 'queue_for_place',
    text: `
      with gate as (
        update endpoint_gates set tokens = tokens + 1
        where $5::boolean and tenant_id = $1::uuid and endpoint_id = $3::uuid
      )
      update outbound_deliveries
      set waiting_since = coalesce(waiting_since, clock_timestamp()), rate_slot_at = null,
        status = case when status = 'held' and attempts > 0 then 'retrying'
          when status = 'held' then 'pending' else status end,
        hold_reason = null, wake_attempts = 0,
        wake_due_at = clock_timestamp() + make_interval(secs => $4::integer / 1000.0),
        updated_at = clock_timestamp()
      where tenant_id = $1::uuid and id = $2::uuid and settled_at is null`,
    values: [tx.tenantId, id, endpointId, options.fallbackMs, options.hasRateSlot],
  });
}

/** Lines deliveries up for a place at their endpoint, in their order. */
export async function lineUpForPlace(
  tx: TenantTx,
  ids: readonly OutboundDeliveryId[],
  fallbackMs: number,
): Promise<void> {
  await tx.query({
    name: 'line_up_for_place',
    text: `
      update outbound_deliveries d
      set waiting_since = coalesce(waiting_since, clock_timestamp()), wake_attempts = 0,
        wake_due_at = clock_timestamp() + make_interval(secs => $3::integer / 1000.0)
      where tenant_id = $1::uuid and id = any($2::uuid[]) and settled_at is null
        and status in ('pending', 'retrying')`,
    values: [tx.tenantId, ids, fallbackMs],
  });
}

/**
 * Takes the first of those that wait for a place at an endpoint. After a failure only one that has
 * never been tried, or whose time has come: others would use up their attempts at an endpoint that is
 * down. Rows that someone works on are passed over: they look for a place by themselves.
 */
export async function takeNextWaiting(
  tx: TenantTx,
  endpointId: EndpointId,
  after: 'success' | 'failure',
): Promise<readonly AnnouncedDelivery[]> {
  const { rows } = await tx.query<AnnouncedRow>({
    name: 'take_next_waiting',
    text: `
      update outbound_deliveries w
      set waiting_since = null, wake_attempts = 0,
        wake_due_at = clock_timestamp() + make_interval(secs => $4::integer / 1000.0)
      from (
        select id from outbound_deliveries
        where tenant_id = $1::uuid and endpoint_id = $2::uuid and waiting_since is not null
          and ($3::boolean or next_attempt_at is null or next_attempt_at <= clock_timestamp())
        order by waiting_since
        limit 1
        for update skip locked
      ) n
      where w.tenant_id = $1::uuid and w.id = n.id
      returning w.id, w.endpoint_id, w.event_type, w.retry`,
    values: [tx.tenantId, endpointId, after === 'success', startGraceMs],
  });
  return rows.map((row) => toAnnounced(tx.tenantId, row));
}

/**
 * Lets the deliveries that sleep until a later attempt line up for their endpoint, because it answers
 * again. Returns how many there are.
 */
export async function lineUpSleeping(tx: TenantTx, endpointId: EndpointId): Promise<number> {
  const { rowCount } = await tx.query({
    name: 'line_up_sleeping',
    text: `
      update outbound_deliveries set waiting_since = clock_timestamp()
      where tenant_id = $1::uuid and endpoint_id = $2::uuid and status = 'retrying'
        and waiting_since is null and next_attempt_at > clock_timestamp()`,
    values: [tx.tenantId, endpointId],
  });
  return rowCount;
}
