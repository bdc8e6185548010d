import {
  parseEndpointId,
  parseEventId,
  parseOutboundDeliveryId,
  type EndpointId,
  type EventId,
  type OutboundDeliveryId,
} from '../../domain/ids.ts';
import type { DeliveryOrigin, HoldReason, OutboundStatus } from '../../domain/outbound.ts';
import type { RetrySchedule } from '../../domain/retry.ts';
import type { ErrorCode } from '../../errors/catalogue.ts';
import type { AnnouncedDelivery, TenantTx } from '../tenant.ts';

/** A delivery to be made for an event and an endpoint. */
export interface NewOutboundDelivery {
  readonly id: OutboundDeliveryId;
  readonly endpointId: EndpointId;
  /** Posted as it is, on every attempt. */
  readonly body: string;
  readonly retry: RetrySchedule;
  /** Set when the endpoint takes nothing at present: the delivery waits for it. */
  readonly holdReason: HoldReason | null;
}

/** What the new deliveries of one event have in common. */
export interface DeliveryBatch {
  readonly eventId: EventId;
  readonly eventType: string;
  readonly occurredAt: Date;
  readonly origin: DeliveryOrigin;
  readonly replayedFrom?: OutboundDeliveryId | undefined;
  readonly replayJobId?: string | undefined;
}

/** How long whoever makes a delivery keeps the start of its workflow to itself, in milliseconds. */
export const startGraceMs = 2_000;

/**
 * Stores the deliveries of an event. An event that an endpoint has already been given is left out
 * (S-055): of any number at once, the unique index lets one in. Returns the ids of those stored.
 */
export async function insertOutboundDeliveries(
  tx: TenantTx,
  batch: DeliveryBatch,
  deliveries: readonly NewOutboundDelivery[],
): Promise<ReadonlySet<OutboundDeliveryId>> {
  const { rows } = await tx.query<{ id: string }>({
    name: 'insert_outbound_deliveries',
    text: `
      insert into outbound_deliveries (tenant_id, id, endpoint_id, event_id, event_type, body,
        occurred_at, origin, replayed_from, replay_job_id, retry, status, hold_reason, wake_due_at)
      select $1::uuid, n.id, n.endpoint_id, $2::uuid, $3::text, n.body, $4::timestamptz, $5::text,
        $6::uuid, $7::uuid, n.retry::jsonb,
        case when n.hold_reason is null then 'pending' else 'held' end, n.hold_reason,
        case when n.hold_reason is null
          then clock_timestamp() + make_interval(secs => $8::integer / 1000.0) end
      from unnest($9::uuid[], $10::uuid[], $11::text[], $12::text[], $13::text[])
        as n (id, endpoint_id, body, retry, hold_reason)
      on conflict do nothing
      returning id`,
    values: [
      tx.tenantId,
      batch.eventId,
      batch.eventType,
      batch.occurredAt,
      batch.origin,
      batch.replayedFrom ?? null,
      batch.replayJobId ?? null,
      tx.outbox.isForLane ? 0 : startGraceMs,
      deliveries.map(({ id }) => id),
      deliveries.map(({ endpointId }) => endpointId),
      deliveries.map(({ body }) => body),
      deliveries.map(({ retry }) => JSON.stringify(retry)),
      deliveries.map(({ holdReason }) => holdReason),
    ],
  });
  return new Set(rows.map(({ id }) => parseOutboundDeliveryId(id)));
}

/** A delivery that is locked for its next attempt. */
export interface LockedDelivery {
  readonly id: OutboundDeliveryId;
  readonly endpointId: EndpointId;
  readonly eventId: EventId;
  readonly eventType: string;
  readonly body: string;
  readonly occurredAt: Date;
  readonly status: OutboundStatus;
  readonly holdReason: HoldReason | null;
  readonly origin: DeliveryOrigin;
  readonly retry: RetrySchedule;
  readonly attempts: number;
  readonly failures: number;
  readonly failureCode: ErrorCode | null;
  readonly lastError: string | null;
  /** How long until its place in the rate comes, in milliseconds; null when it holds none. */
  readonly rateSlotInMs: number | null;
  /** Milliseconds until its next attempt is due, negative when it is; null when none is planned. */
  readonly nextAttemptInMs: number | null;
  /** Whether its owner has asked for an attempt at once. */
  readonly isAskedFor: boolean;
}

interface LockedRow {
  endpoint_id: string;
  event_id: string;
  event_type: string;
  body: string;
  occurred_at: Date;
  status: OutboundStatus;
  hold_reason: HoldReason | null;
  origin: DeliveryOrigin;
  retry: RetrySchedule;
  attempts: number;
  failures: number;
  failure_code: ErrorCode | null;
  last_error: string | null;
  rate_slot_in_ms: number | null;
  next_attempt_in_ms: number | null;
  is_asked_for: boolean;
}

/**
 * Locks a delivery until the transaction ends. Whoever works on a delivery takes this lock first, then
 * that of its endpoint's gate. Undefined when the tenant has no such delivery.
 */
export async function lockOutboundDelivery(
  tx: TenantTx,
  id: OutboundDeliveryId,
): Promise<LockedDelivery | undefined> {
  const { rows } = await tx.query<LockedRow>({
    name: 'lock_outbound_delivery',
    text: `
      select endpoint_id, event_id, event_type, body, occurred_at, status, hold_reason, origin, retry,
        attempts, failures, failure_code, last_error,
        (extract(epoch from rate_slot_at - clock_timestamp()) * 1000)::double precision
          as rate_slot_in_ms,
        (extract(epoch from next_attempt_at - clock_timestamp()) * 1000)::double precision
          as next_attempt_in_ms,
        asked_at is not null as is_asked_for
      from outbound_deliveries
      where tenant_id = $1::uuid and id = $2::uuid for update`,
    values: [tx.tenantId, id],
  });
  const [row] = rows;
  return (
    row && {
      id,
      endpointId: parseEndpointId(row.endpoint_id),
      eventId: parseEventId(row.event_id),
      eventType: row.event_type,
      body: row.body,
      occurredAt: row.occurred_at,
      status: row.status,
      holdReason: row.hold_reason,
      origin: row.origin,
      retry: row.retry,
      attempts: row.attempts,
      failures: row.failures,
      failureCode: row.failure_code,
      lastError: row.last_error,
      rateSlotInMs: row.rate_slot_in_ms,
      nextAttemptInMs: row.next_attempt_in_ms,
      isAskedFor: row.is_asked_for,
    }
  );
}

/** Ends an open delivery without a further attempt. */
export async function settleDelivery(
  tx: TenantTx,
  id: OutboundDeliveryId,
  end:
    | { readonly status: 'canceled' }
    | { readonly status: 'failed'; readonly code: ErrorCode; readonly message: string },
): Promise<boolean> {
  const { rowCount } = await tx.query({
    name: 'settle_delivery',
    text: `
      update outbound_deliveries
      set status = $3::text, failure_code = $4::text,
        last_error = coalesce($5::text, last_error), hold_reason = null, next_attempt_at = null,
        rate_slot_at = null, waiting_since = null, wake_due_at = null,
        settled_at = clock_timestamp(), updated_at = clock_timestamp()
      where tenant_id = $1::uuid and id = $2::uuid and settled_at is null`,
    values: [
      tx.tenantId,
      id,
      end.status,
      end.status === 'failed' ? end.code : null,
      end.status === 'failed' ? end.message : null,
    ],
  });
  return rowCount === 1;
}

/** Keeps a delivery until its endpoint, or its owner, lets it go on; looked at again at `recheckMs`. */
export async function holdDelivery(
  tx: TenantTx,
  id: OutboundDeliveryId,
  reason: HoldReason,
  recheckMs: number,
): Promise<void> {
  await tx.query({
    name: 'hold_delivery',
    text: `
      update outbound_deliveries
      set status = 'held', hold_reason = $3::text, waiting_since = null, rate_slot_at = null,
        next_attempt_at = null, wake_attempts = 0,
        wake_due_at = clock_timestamp() + make_interval(secs => ($4::bigint + 60000) / 1000.0),
        updated_at = clock_timestamp()
      where tenant_id = $1::uuid and id = $2::uuid and settled_at is null`,
    values: [tx.tenantId, id, reason, recheckMs],
  });
}

/** Gives a delivery a place in the rate of its endpoint, `waitMs` from now. */
export async function reserveRateSlot(
  tx: TenantTx,
  id: OutboundDeliveryId,
  endpointId: EndpointId,
  slot: {
    readonly tokens: number;
    readonly waitMs: number;
    /** How long after its time the sweeper looks for it. */
    readonly lateMs: number;
  },
): Promise<void> {
  await tx.query({
    name: 'reserve_rate_slot',
    text: `
      with gate as (
        update endpoint_gates set tokens = $4::double precision, refilled_at = clock_timestamp()
        where tenant_id = $1::uuid and endpoint_id = $3::uuid
      )
      update outbound_deliveries
      set rate_slot_at = clock_timestamp() + make_interval(secs => $5::double precision / 1000.0),
        next_attempt_at = clock_timestamp() + make_interval(secs => $5::double precision / 1000.0),
        status = case when status = 'held' and attempts > 0 then 'retrying'
          when status = 'held' then 'pending' else status end,
        hold_reason = null, waiting_since = null, wake_attempts = 0,
        wake_due_at = clock_timestamp()
          + make_interval(secs => ($5::double precision + $6::integer) / 1000.0),
        updated_at = clock_timestamp()
      where tenant_id = $1::uuid and id = $2::uuid`,
    values: [tx.tenantId, id, endpointId, slot.tokens, slot.waitMs, slot.lateMs],
  });
}

/** The columns that name a delivery whose workflow is to be started or woken. */
export interface AnnouncedRow {
  id: string;
  endpoint_id: string;
  event_type: string;
  retry: RetrySchedule;
}

export function toAnnounced(
  tenantId: AnnouncedDelivery['tenantId'],
  row: AnnouncedRow,
): AnnouncedDelivery {
  return {
    tenantId,
    deliveryId: parseOutboundDeliveryId(row.id),
    endpointId: parseEndpointId(row.endpoint_id),
    eventType: row.event_type,
    retry: row.retry,
  };
}

/**
 * Lets what an endpoint holds go on, spread over time by its rate: the first at once. Its workflows are
 * woken by the sweeper. Returns how many there are.
 */
export async function releaseHeld(tx: TenantTx, endpointId: EndpointId): Promise<number> {
  const { rowCount } = await tx.query({
    name: 'release_held',
    text: `
      update outbound_deliveries d
      set status = case when d.attempts > 0 then 'retrying' else 'pending' end, hold_reason = null,
        next_attempt_at = n.due_at, wake_due_at = n.due_at, wake_attempts = 0,
        updated_at = clock_timestamp()
      from (
        select o.id, clock_timestamp() + make_interval(
          secs => (row_number() over (order by o.created_at, o.id) - 1) * 60.0 / e.rate_per_minute)
          as due_at
        from outbound_deliveries o
        join endpoints e on e.tenant_id = o.tenant_id and e.id = o.endpoint_id
        where o.tenant_id = $1::uuid and o.endpoint_id = $2::uuid and o.status = 'held'
          and o.hold_reason <> 'delivery_paused'
      ) n
      where d.tenant_id = $1::uuid and d.id = n.id`,
    values: [tx.tenantId, endpointId],
  });
  return rowCount;
}

/**
 * Takes an owner's command to an open delivery. Returns it as its workflow is woken by, or undefined
 * when it is not open, or the command has nothing to change.
 */
export async function commandDelivery(
  tx: TenantTx,
  id: OutboundDeliveryId,
  command: 'retryNow' | 'pause' | 'resume',
): Promise<AnnouncedDelivery | undefined> {
  const { rows } = await tx.query<AnnouncedRow>({
    name: 'command_delivery',
    text: `
      update outbound_deliveries
      set status = case when $3::text = 'pause' then 'held'
          when attempts > 0 then 'retrying' else 'pending' end,
        hold_reason = case when $3::text = 'pause' then 'delivery_paused' end,
        waiting_since = null, rate_slot_at = null, wake_attempts = 0,
        asked_at = case when $3::text = 'retryNow' then clock_timestamp() end,
        next_attempt_at = case when $3::text = 'pause' then null else clock_timestamp() end,
        wake_due_at = clock_timestamp() + interval '1 second', updated_at = clock_timestamp()
      where tenant_id = $1::uuid and id = $2::uuid and settled_at is null
        and ($3::text <> 'resume' or hold_reason = 'delivery_paused')
      returning id, endpoint_id, event_type, retry`,
    values: [tx.tenantId, id, command],
  });
  return rows[0] && toAnnounced(tx.tenantId, rows[0]);
}
