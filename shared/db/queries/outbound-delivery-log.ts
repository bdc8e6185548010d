import type { Position } from '../../domain/cursor.ts';
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
import { belongsTo } from '../endpoint-owner.ts';
import { positionColumns, type KeysetPage } from '../keyset.ts';
import type { TenantTx } from '../tenant.ts';

/** An outbound delivery as the log lists it (S-046): without its body. */
export interface OutboundSummary {
  readonly id: OutboundDeliveryId;
  readonly endpointId: EndpointId;
  /** Null once the endpoint is gone. */
  readonly endpointName: string | null;
  readonly eventId: EventId;
  readonly eventType: string;
  readonly occurredAt: Date;
  readonly origin: DeliveryOrigin;
  readonly replayedFrom: OutboundDeliveryId | null;
  readonly replayJobId: string | null;
  readonly status: OutboundStatus;
  readonly holdReason: HoldReason | null;
  readonly retry: RetrySchedule;
  readonly attempts: number;
  readonly failures: number;
  readonly nextAttemptAt: Date | null;
  readonly lastStatusCode: number | null;
  readonly lastErrorClass: string | null;
  readonly lastError: string | null;
  readonly failureCode: string | null;
  readonly lastAttemptAt: Date | null;
  readonly deliveredAt: Date | null;
  readonly settledAt: Date | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** One in full. */
export interface StoredOutboundDelivery extends OutboundSummary {
  readonly body: string;
  /** Deliveries that were replayed from this one, newest first, at most 100. */
  readonly replays: readonly OutboundDeliveryId[];
}

interface SummaryRow {
  id: string;
  endpoint_id: string;
  endpoint_name: string | null;
  event_id: string;
  event_type: string;
  occurred_at: Date;
  origin: DeliveryOrigin;
  replayed_from: string | null;
  replay_job_id: string | null;
  status: OutboundStatus;
  hold_reason: HoldReason | null;
  retry: RetrySchedule;
  attempts: number;
  failures: number;
  next_attempt_at: Date | null;
  last_status_code: number | null;
  last_error_class: string | null;
  last_error: string | null;
  failure_code: string | null;
  last_attempt_at: Date | null;
  delivered_at: Date | null;
  settled_at: Date | null;
  created_at: Date;
  updated_at: Date;
}

/** Of alias `d`. */
const summaryColumns = `d.id, d.endpoint_id,
  (select e.name from endpoints e where e.tenant_id = d.tenant_id and e.id = d.endpoint_id)
    as endpoint_name,
  d.event_id, d.event_type, d.occurred_at, d.origin, d.replayed_from, d.replay_job_id, d.status,
  d.hold_reason, d.retry, d.attempts, d.failures, d.next_attempt_at, d.last_status_code,
  d.last_error_class, d.last_error, d.failure_code, d.last_attempt_at, d.delivered_at, d.settled_at,
  d.created_at, d.updated_at`;

export interface OutboundLogFilter {
  /** The user whose endpoints' deliveries are looked for, or `nobody`; null: of the whole tenant. */
  readonly ownerUserId: string | null;
  readonly endpointId?: EndpointId | undefined;
  readonly eventId?: EventId | undefined;
  readonly status?: OutboundStatus | undefined;
  readonly eventType?: string | undefined;
  /** From this moment on, and before that one: ISO 8601. */
  readonly dateFrom?: string | undefined;
  readonly dateTo?: string | undefined;
}

/** The parameters $1 to $8 of the statements that filter the log. */
const filterValues = (tx: TenantTx, filter: OutboundLogFilter): unknown[] => [
  tx.tenantId,
  filter.ownerUserId,
  filter.endpointId,
  filter.eventId,
  filter.status,
  filter.eventType,
  filter.dateFrom,
  filter.dateTo,
];

const filterClause = `d.tenant_id = $1::uuid
  and ($2::uuid is null or d.endpoint_id in (
    select o.id from endpoints o where o.tenant_id = $1::uuid
      and ${belongsTo('o.owner_user_id', '$2')}))
  and ($3::uuid is null or d.endpoint_id = $3::uuid)
  and ($4::uuid is null or d.event_id = $4::uuid)
  and ($5::text is null or d.status = $5::text)
  and ($6::text is null or d.event_type = $6::text)
  and ($7::timestamptz is null or d.created_at >= $7::timestamptz)
  and ($8::timestamptz is null or d.created_at < $8::timestamptz)`;

/**
 * The statement that lists the log, newest first. It is not named: each call is planned for its own
 * filter, which is what lets the indexes of migrations 0011 and 0013 serve it; a test looks at the
 * plans.
 */
export function outboundLogStatement(
  tx: TenantTx,
  filter: OutboundLogFilter,
  page: KeysetPage & { readonly offset?: number },
): { readonly text: string; readonly values: readonly unknown[] } {
  return {
    text: `
      select ${summaryColumns}, ${positionColumns('d.created_at')}
      from outbound_deliveries d
      where ${filterClause}
        and ($9::timestamptz is null or (d.created_at, d.id) < ($9::timestamptz, $10::uuid))
      order by d.created_at desc, d.id desc
      limit $11::integer offset $12::integer`,
    values: [
      ...filterValues(tx, filter),
      page.after?.at,
      page.after?.id,
      page.limit + 1,
      page.offset ?? 0,
    ],
  };
}

/** The log from a position, or past `offset` rows. Takes one row more than `limit`. */
export async function listOutboundDeliveries(
  tx: TenantTx,
  filter: OutboundLogFilter,
  page: KeysetPage & { readonly offset?: number },
): Promise<(OutboundSummary & { readonly position: Position })[]> {
  const { rows } = await tx.query<SummaryRow & { position_at: string }>(
    outboundLogStatement(tx, filter, page),
  );
  return rows.map((row) => ({ ...toSummary(row), position: { at: row.position_at, id: row.id } }));
}

/** How many deliveries a filter matches. Counts every one: ask only when a page number is wanted. */
export async function countOutboundDeliveries(
  tx: TenantTx,
  filter: OutboundLogFilter,
): Promise<number> {
  const { rows } = await tx.query<{ total: string }>({
    text: `select count(*) as total from outbound_deliveries d where ${filterClause}`,
    values: filterValues(tx, filter),
  });
  return Number(rows[0]?.total ?? 0);
}

/** Bodies of deliveries that were listed, by id. */
export async function findOutboundBodies(
  tx: TenantTx,
  ids: readonly OutboundDeliveryId[],
): Promise<ReadonlyMap<OutboundDeliveryId, string>> {
  const { rows } = await tx.query<{ id: string; body: string }>({
    text: `
      select id, body from outbound_deliveries where tenant_id = $1::uuid and id = any($2::uuid[])`,
    values: [tx.tenantId, ids],
  });
  return new Map(rows.map(({ id, body }) => [parseOutboundDeliveryId(id), body]));
}

/** One delivery, or undefined: also when its endpoint is another user's (S-048). */
export async function findOutboundDelivery(
  tx: TenantTx,
  id: OutboundDeliveryId,
  ownerUserId: string | null,
): Promise<StoredOutboundDelivery | undefined> {
  const { rows } = await tx.query<SummaryRow & { body: string; replays: string[] }>({
    text: `
      select ${summaryColumns}, d.body,
        array(
          select r.id from outbound_deliveries r
          where r.tenant_id = d.tenant_id and r.event_id = d.event_id and r.replayed_from = d.id
          order by r.id desc limit 100) as replays
      from outbound_deliveries d
      where d.tenant_id = $1::uuid and d.id = $2::uuid
        and ($3::uuid is null or d.endpoint_id in (
          select o.id from endpoints o
          where o.tenant_id = $1::uuid and ${belongsTo('o.owner_user_id', '$3')}))`,
    values: [tx.tenantId, id, ownerUserId],
  });
  const [row] = rows;
  return (
    row && {
      ...toSummary(row),
      body: row.body,
      replays: row.replays.map((text) => parseOutboundDeliveryId(text)),
    }
  );
}

/** An attempt as it is shown. */
export interface LoggedAttempt {
  readonly number: number;
  readonly outcome: 'delivered' | 'failed' | 'lost' | null;
  readonly url: string;
  readonly statusCode: number | null;
  readonly errorClass: string | null;
  readonly error: string | null;
  readonly durationMs: number | null;
  readonly responseHeaders: Readonly<Record<string, string>>;
  readonly responseBody: string | null;
  readonly signedBy: readonly string[];
  readonly startedAt: Date;
  readonly finishedAt: Date | null;
}

/** Most attempts of one delivery that are shown: more than any schedule allows. */
const attemptsMax = 200;

/** The attempts of a delivery, oldest first. */
export async function listAttempts(
  tx: TenantTx,
  deliveryId: OutboundDeliveryId,
): Promise<LoggedAttempt[]> {
  const { rows } = await tx.query<{
    number: number;
    outcome: LoggedAttempt['outcome'];
    url: string;
    status_code: number | null;
    error_class: string | null;
    error: string | null;
    duration_ms: number | null;
    response_headers: Record<string, string>;
    response_body: string | null;
    signed_by: string[];
    started_at: Date;
    finished_at: Date | null;
  }>({
    text: `
      select number, outcome, url, status_code, error_class, error, duration_ms, response_headers,
        response_body, signed_by, started_at, finished_at
      from outbound_attempts
      where tenant_id = $1::uuid and delivery_id = $2::uuid
      order by number
      limit $3::integer`,
    values: [tx.tenantId, deliveryId, attemptsMax],
  });
  return rows.map((row) => ({
    number: row.number,
    outcome: row.outcome,
    url: row.url,
    statusCode: row.status_code,
    errorClass: row.error_class,
    error: row.error,
    durationMs: row.duration_ms,
    responseHeaders: row.response_headers,
    responseBody: row.response_body,
    signedBy: row.signed_by,
    startedAt: row.started_at,
    finishedAt: row.finished_at,
  }));
}

/** Whether an event is still kept. */
export async function hasEvent(tx: TenantTx, id: EventId): Promise<boolean> {
  const { rowCount } = await tx.query({
    text: 'select from events where tenant_id = $1::uuid and id = $2::uuid',
    values: [tx.tenantId, id],
  });
  return rowCount === 1;
}

/**
 * Records the event of a test, which goes to one endpoint and is matched with no other. Undefined when
 * the tenant's events are switched off (S-139).
 */
export async function recordTestEvent(
  tx: TenantTx,
  event: {
    readonly id: EventId;
    readonly type: string;
    readonly endpointId: EndpointId;
    readonly wireEndpointId: string;
    readonly data: Readonly<Record<string, unknown>>;
  },
): Promise<Date | undefined> {
  const { rows } = await tx.query<{ occurred_at: Date }>({
    text: `
      insert into events (tenant_id, id, type, object_type, object_id, data, matched_endpoint_ids)
      select $1::uuid, $2::uuid, $3::text, 'webhook', $4::text, $5::json, array[$6::uuid]
      from tenants t where t.id = $1::uuid and t.automation_enabled
      returning occurred_at`,
    values: [
      tx.tenantId,
      event.id,
      event.type,
      event.wireEndpointId,
      JSON.stringify(event.data),
      event.endpointId,
    ],
  });
  return rows[0]?.occurred_at;
}

function toSummary(row: SummaryRow): OutboundSummary {
  return {
    id: parseOutboundDeliveryId(row.id),
    endpointId: parseEndpointId(row.endpoint_id),
    endpointName: row.endpoint_name,
    eventId: parseEventId(row.event_id),
    eventType: row.event_type,
    occurredAt: row.occurred_at,
    origin: row.origin,
    replayedFrom: row.replayed_from === null ? null : parseOutboundDeliveryId(row.replayed_from),
    replayJobId: row.replay_job_id,
    status: row.status,
    holdReason: row.hold_reason,
    retry: row.retry,
    attempts: row.attempts,
    failures: row.failures,
    nextAttemptAt: row.next_attempt_at,
    lastStatusCode: row.last_status_code,
    lastErrorClass: row.last_error_class,
    lastError: row.last_error,
    failureCode: row.failure_code,
    lastAttemptAt: row.last_attempt_at,
    deliveredAt: row.delivered_at,
    settledAt: row.settled_at,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}
