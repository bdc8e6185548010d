import type { EndpointId, OutboundDeliveryId } from '../../domain/ids.ts';
import type { AnnouncedDelivery, TenantTx } from '../tenant.ts';
import { lockGateOnly } from './endpoint-gates.ts';
import { startGraceMs, toAnnounced, type AnnouncedRow } from './outbound-deliveries.ts';

// The line of deliveries that wait for a place at an endpoint: who is in it, and whose turn is next.

/**
 * Notes that a delivery waits for another one of its endpoint to finish; gives back a place in the rate.
 * One that its owner asked for goes first.
 */
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
      set waiting_since = coalesce(waiting_since,
          case when asked_at is null then clock_timestamp() else to_timestamp(0) end),
        rate_slot_at = null,
        status = case when status = 'held' and attempts > 0 then 'retrying'
          when status = 'held' then 'pending' else status end,
        hold_reason = null, wake_attempts = 0,
        wake_due_at = clock_timestamp() + make_interval(secs => $4::integer / 1000.0),
        updated_at = clock_timestamp()
      where tenant_id = $1::uuid and id = $2::uuid and settled_at is null`,
    values: [tx.tenantId, id, endpointId, options.fallbackMs, options.hasRateSlot],
  });
}

/**
 * Lines deliveries up for a place at their endpoint, in their order. Somebody has to call them: the
 * caller starts a run that will.
 */
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
 * Lines deliveries up behind those that are under way at their endpoint. Whoever is done after this sees
 * them, for that takes the lock of the gate; if nobody is under way any more, the first that is to go at
 * once is returned.
 */
export async function lineUpBehind(
  tx: TenantTx,
  endpointId: EndpointId,
  ids: readonly OutboundDeliveryId[],
  fallbackMs: number,
): Promise<readonly AnnouncedDelivery[]> {
  await lineUpForPlace(tx, ids, fallbackMs);
  lockGateOnly(tx, endpointId);
  return takeNextWaiting(tx, endpointId, { after: 'failure', places: 1 });
}

/** Whether a place is free at an endpoint whose gate is locked. */
export async function hasFreePlace(
  tx: TenantTx,
  endpointId: EndpointId,
  places: number,
): Promise<boolean> {
  const { rows } = await tx.query<{ is_free: boolean }>({
    name: 'has_free_place',
    text: `
      select count(*) < $3::integer as is_free from outbound_attempts
      where tenant_id = $1::uuid and endpoint_id = $2::uuid and finished_at is null
        and lease_until > clock_timestamp()`,
    values: [tx.tenantId, endpointId, places],
  });
  return rows[0]?.is_free ?? false;
}

/**
 * Takes the first of those that wait for a place at an endpoint whose gate is locked, if there is one
 * for it; two after a success while more than half of the places are free, so that an endpoint that was
 * down fills them again within a few answers. After a failure only one that has never been tried, or
 * whose time has come: others would use up their attempts at an endpoint that is down. Rows that someone
 * works on are passed over: they look for a place by themselves.
 */
export async function takeNextWaiting(
  tx: TenantTx,
  endpointId: EndpointId,
  { after, places }: { readonly after: 'success' | 'failure'; readonly places: number },
): Promise<readonly AnnouncedDelivery[]> {
  const { rows } = await tx.query<AnnouncedRow>({
    name: 'take_next_waiting',
    text: `
      with under_way as (
        -- Counted only where somebody waits: every attempt at the endpoint waits for this statement.
        select count(*)::integer as n from outbound_attempts
        where tenant_id = $1::uuid and endpoint_id = $2::uuid and finished_at is null
          and lease_until > clock_timestamp()
          and (select exists (
            select from outbound_deliveries
            where tenant_id = $1::uuid and endpoint_id = $2::uuid and waiting_since is not null))
      ), next as (
        -- Not a subquery of the update: the planner may run that again for each row, limit and all.
        select id from outbound_deliveries
        where tenant_id = $1::uuid and endpoint_id = $2::uuid and waiting_since is not null
          and ($3::boolean or next_attempt_at is null or next_attempt_at <= clock_timestamp())
        order by waiting_since
        limit (
          select greatest(0, least($5::integer - n,
            case when $3::boolean and n * 2 < $5::integer then 2 else 1 end))
          from under_way)
        for update skip locked
      )
      update outbound_deliveries w
      set waiting_since = null, wake_attempts = 0,
        -- Its turn is now, whatever its schedule said.
        next_attempt_at = case when w.next_attempt_at is null then null
          else least(w.next_attempt_at, clock_timestamp()) end,
        wake_due_at = clock_timestamp() + make_interval(secs => $4::integer / 1000.0)
      -- As an array, the rows are found by their key; how many they are, the planner cannot know, and
      -- might read the whole table under the lock of the gate.
      where w.tenant_id = $1::uuid and w.id = any(array(select id from next))
      returning w.id, w.endpoint_id, w.event_type, w.retry`,
    values: [tx.tenantId, endpointId, after === 'success', startGraceMs, places],
  });
  return rows.map((row) => toAnnounced(tx.tenantId, row));
}

/**
 * Lets the deliveries that sleep until a later attempt line up for their endpoint, because it answers
 * again. The gate is locked; rows that someone works on are passed over. Returns how many there are.
 */
export async function lineUpSleeping(tx: TenantTx, endpointId: EndpointId): Promise<number> {
  const { rowCount } = await tx.query({
    name: 'line_up_sleeping',
    text: `
      update outbound_deliveries d set waiting_since = clock_timestamp()
      where d.tenant_id = $1::uuid and d.id = any(array(
        select id from outbound_deliveries
        where tenant_id = $1::uuid and endpoint_id = $2::uuid and status = 'retrying'
          and waiting_since is null and next_attempt_at > clock_timestamp()
        for update skip locked))`,
    values: [tx.tenantId, endpointId],
  });
  return rowCount;
}

/** Most deliveries that one success after an outage sets going. What is behind them is called in turn. */
const releasedMax = 1_000;

/**
 * Lets those that wait for a place and need not wait for anything else go on by themselves, as fast as
 * the rate of their endpoint lets them: it is back after an outage, and to be called one by one would
 * take them much longer. The gate is locked; rows that someone works on are passed over. Returns how
 * many there are.
 */
export async function releaseLine(
  tx: TenantTx,
  endpointId: EndpointId,
  ratePerMinute: number,
): Promise<number> {
  const { rowCount } = await tx.query({
    name: 'release_line',
    text: `
      with released as (
        select id, waiting_since from outbound_deliveries
        where tenant_id = $1::uuid and endpoint_id = $2::uuid and waiting_since is not null
          and (next_attempt_at is null or next_attempt_at <= clock_timestamp())
        order by waiting_since
        limit $4::integer
        for update skip locked
      ), turns as (
        select id, clock_timestamp() + make_interval(
          secs => (row_number() over (order by waiting_since, id) - 1) * 60.0 / $3::integer) as due_at
        from released
      )
      update outbound_deliveries d
      set waiting_since = null, wake_attempts = 0, wake_due_at = t.due_at
      from turns t
      where d.tenant_id = $1::uuid and d.id = t.id`,
    values: [tx.tenantId, endpointId, ratePerMinute, releasedMax],
  });
  return rowCount;
}
