import type { Position } from '../../domain/cursor.ts';
import {
  parseEndpointId,
  parseEventId,
  type EventId,
  type OutboundDeliveryId,
} from '../../domain/ids.ts';
import type { EndpointStatus } from '../../domain/outbound.ts';
import type { ReplayFilter } from '../../domain/replay.ts';
import type { RetryProfile } from '../../domain/retry.ts';
import { positionColumns } from '../keyset.ts';
import type { TenantTx } from '../tenant.ts';
import { matching, type MatchedEndpoint } from './events.ts';
import type { NewOutboundDelivery } from './outbound-deliveries.ts';

/** Families that tell of endpoints, deliveries and replays, and tests: nobody misses those. */
const unmissed = ['endpoint', 'delivery', 'replay', 'test'];

/** The status as the literal that lets the partial index of migration 0015 be used. */
const endedSo = {
  failed: `d.status = 'failed'`,
  canceled: `d.status = 'canceled'`,
  delivered: `d.status = 'delivered'`,
} as const satisfies Partial<Record<ReplayFilter['status'], string>>;

type EndedStatus = keyof typeof endedSo;

/** Deliveries that a job replays; a test is nothing that anybody could have missed. */
const endedDeliveries = (status: EndedStatus): string => `
  d.tenant_id = $1::uuid and ${endedSo[status]} and d.origin <> 'test'
  and d.created_at >= $2::timestamptz and d.created_at < $3::timestamptz
  and ($4::uuid[] is null or d.endpoint_id = any($4::uuid[]))
  and ($5::text[] is null or d.event_type = any($5::text[]))
  and ($6::uuid[] is null or d.id = any($6::uuid[]))`;

/** Events that may have been missed. One whose receipt is awaited is not due yet. */
const publishedEvents = `
  e.tenant_id = $1::uuid and e.occurred_at >= $2::timestamptz and e.occurred_at < $3::timestamptz
  and ($5::text[] is null or e.type = any($5::text[]))
  and e.receipt_state in ('none', 'received') and split_part(e.type, '.', 1) <> all($6::text[])`;

/** Of event `v`: endpoints that would get it today and have no delivery of it. */
const missedBy = `
  select m.* from (${matching}) m
  where ($4::uuid[] is null or m.id = any($4::uuid[]))
    and not exists (
      select from outbound_deliveries d
      where d.tenant_id = v.tenant_id and d.event_id = v.id and d.endpoint_id = m.id)`;

const filterValues = (tx: TenantTx, filter: ReplayFilter): unknown[] => [
  tx.tenantId,
  filter.from,
  filter.to,
  filter.endpointIds,
  filter.eventTypes,
  filter.status === 'missing' ? unmissed : filter.deliveryIds,
];

/** How many deliveries a filter finds, or pairs of an event and an endpoint that has missed it. */
export async function countReplayable(tx: TenantTx, filter: ReplayFilter): Promise<number> {
  const text =
    filter.status === 'missing'
      ? `select count(*)::integer as n
         from (
           select e.*, false as is_operational, null::uuid as except_endpoint_id from events e
           where ${publishedEvents}
         ) v, lateral (${missedBy}) m`
      : `select count(*)::integer as n from outbound_deliveries d
         where ${endedDeliveries(filter.status)}`;
  const { rows } = await tx.query<{ n: number }>({ text, values: filterValues(tx, filter) });
  return rows[0]?.n ?? 0;
}

/** A delivery that a job comes to. */
export interface ReplaySource {
  readonly id: string;
  readonly position: Position;
  /** As it is now; undefined when it is gone. */
  readonly endpoint: MatchedEndpoint | undefined;
  /** Whether the endpoint was given the event once more since. */
  readonly isSuperseded: boolean;
}

interface EndpointColumns {
  endpoint_id: string | null;
  endpoint_status: EndpointStatus;
  signature_profile: string;
  retry_profile: RetryProfile;
  retry_waits_ms: string[] | null;
}

const endpointColumns = (alias: 'e' | 'm'): string =>
  `${alias}.id as endpoint_id, ${alias}.status as endpoint_status, ${alias}.signature_profile,
   ${alias}.retry_profile, ${alias}.retry_waits_ms`;

function toEndpoint(row: EndpointColumns): MatchedEndpoint | undefined {
  if (row.endpoint_id === null) return undefined;
  return {
    id: parseEndpointId(row.endpoint_id),
    status: row.endpoint_status,
    signatureProfile: row.signature_profile,
    retryProfile: row.retry_profile,
    retryWaitsMs: row.retry_waits_ms && row.retry_waits_ms.map(Number),
  };
}

/** The next deliveries of a filter, oldest first, after the place that was reached. */
export async function readReplaySources(
  tx: TenantTx,
  filter: ReplayFilter & { readonly status: EndedStatus },
  reached: Position | undefined,
  rowsMax: number,
): Promise<readonly ReplaySource[]> {
  const { rows } = await tx.query<
    EndpointColumns & { id: string; position_at: string; is_superseded: boolean }
  >({
    text: `
      select d.id, ${positionColumns('d.created_at')}, ${endpointColumns('e')},
        exists (
          select from outbound_deliveries n
          where n.tenant_id = d.tenant_id and n.event_id = d.event_id
            and n.endpoint_id = d.endpoint_id and (n.created_at, n.id) > (d.created_at, d.id)
        ) as is_superseded
      from outbound_deliveries d
      left join endpoints e on e.tenant_id = d.tenant_id and e.id = d.endpoint_id
      where ${endedDeliveries(filter.status)}
        and ($7::timestamptz is null or (d.created_at, d.id) > ($7::timestamptz, $8::uuid))
      order by d.created_at, d.id
      limit $9::integer`,
    values: [...filterValues(tx, filter), reached?.at, reached?.id, rowsMax],
  });
  return rows.map((row) => ({
    id: row.id,
    position: { at: row.position_at, id: row.id },
    endpoint: toEndpoint(row),
    isSuperseded: row.is_superseded,
  }));
}

/** An event that a job comes to, with the endpoints that missed it. */
export interface MissedEvent {
  readonly id: EventId;
  readonly position: Position;
  readonly type: string;
  readonly objectType: string;
  readonly objectId: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly receipt: object | null;
  readonly occurredAt: Date;
  readonly endpoints: readonly MatchedEndpoint[];
}

interface EventRow extends EndpointColumns {
  id: string;
  position_at: string;
  type: string;
  object_type: string;
  object_id: string;
  data: Record<string, unknown>;
  receipt: object | null;
  occurred_at: Date;
}

/** The next events of a filter, oldest first, after the place that was reached; also those that nobody missed. */
export async function readMissedEvents(
  tx: TenantTx,
  filter: ReplayFilter,
  reached: Position | undefined,
  rowsMax: number,
): Promise<readonly MissedEvent[]> {
  const { rows } = await tx.query<EventRow>({
    text: `
      select v.id, ${positionColumns('v.occurred_at')}, v.type, v.object_type, v.object_id, v.data,
        v.receipt, v.occurred_at, ${endpointColumns('m')}
      from (
        select e.*, false as is_operational, null::uuid as except_endpoint_id from events e
        where ${publishedEvents}
          and ($7::timestamptz is null or (e.occurred_at, e.id) > ($7::timestamptz, $8::uuid))
        order by e.occurred_at, e.id
        limit $9::integer
      ) v left join lateral (${missedBy}) m on true
      order by v.occurred_at, v.id`,
    values: [...filterValues(tx, filter), reached?.at, reached?.id, rowsMax],
  });
  const events = new Map<string, MissedEvent & { readonly endpoints: MatchedEndpoint[] }>();
  for (const row of rows) {
    const event = events.get(row.id) ?? { ...toEvent(row), endpoints: [] };
    events.set(row.id, event);
    const endpoint = toEndpoint(row);
    if (endpoint !== undefined) event.endpoints.push(endpoint);
  }
  return [...events.values()];
}

const toEvent = (row: EventRow): Omit<MissedEvent, 'endpoints'> => ({
  id: parseEventId(row.id),
  position: { at: row.position_at, id: row.id },
  type: row.type,
  objectType: row.object_type,
  objectId: row.object_id,
  data: row.data,
  receipt: row.receipt,
  occurredAt: row.occurred_at,
});

/** A delivery that a replay makes of an earlier one. */
export interface Replay extends Omit<NewOutboundDelivery, 'endpointId' | 'body'> {
  readonly sourceId: string;
}

/**
 * Stores replays of deliveries, to the same endpoints and with the same bytes, due one after the other
 * at a pace. A pair of event and endpoint that the job has sent already is left out. Returns how many
 * were stored.
 */
export async function insertReplays(
  tx: TenantTx,
  job: { readonly id: string; readonly perSecond: number },
  replays: readonly Replay[],
): Promise<number> {
  const { rowCount } = await tx.query({
    text: `
      insert into outbound_deliveries (tenant_id, id, endpoint_id, event_id, event_type, body,
        occurred_at, origin, replayed_from, replay_job_id, retry, status, hold_reason, wake_due_at)
      select s.tenant_id, n.id, s.endpoint_id, s.event_id, s.event_type, s.body, s.occurred_at,
        'replay', s.id, $2::uuid, n.retry::jsonb,
        case when n.hold_reason is null then 'pending' else 'held' end, n.hold_reason,
        case when n.hold_reason is null then
          clock_timestamp() + make_interval(secs => (n.place - 1)::double precision / $3::integer)
        end
      from unnest($4::uuid[], $5::uuid[], $6::text[], $7::text[]) with ordinality
        as n (id, source_id, retry, hold_reason, place)
      join outbound_deliveries s on s.tenant_id = $1::uuid and s.id = n.source_id
      on conflict do nothing`,
    values: [
      tx.tenantId,
      job.id,
      job.perSecond,
      replays.map(({ id }) => id),
      replays.map(({ sourceId }) => sourceId),
      replays.map(({ retry }) => JSON.stringify(retry)),
      replays.map(({ holdReason }) => holdReason),
    ],
  });
  return rowCount;
}

/** Spreads deliveries that were just made over time, in their order, at a pace. */
export async function paceDeliveries(
  tx: TenantTx,
  ids: readonly OutboundDeliveryId[],
  perSecond: number,
): Promise<void> {
  await tx.query({
    text: `
      update outbound_deliveries d
      set wake_due_at =
        clock_timestamp() + make_interval(secs => (n.place - 1)::double precision / $3::integer)
      from unnest($2::uuid[]) with ordinality as n (id, place)
      where d.tenant_id = $1::uuid and d.id = n.id and d.wake_due_at is not null`,
    values: [tx.tenantId, ids, perSecond],
  });
}
