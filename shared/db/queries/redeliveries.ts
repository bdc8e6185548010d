import { parseEndpointId, type EndpointId, type EventId } from '../../domain/ids.ts';
import { belongsTo } from '../endpoint-owner.ts';
import type { TenantTx } from '../tenant.ts';
import type { MatchedEndpoint } from './events.ts';

/** A delivery that a redelivery made. */
export interface Redelivered {
  readonly deliveryId: string;
  readonly endpointId: string;
}

/** What a call names: an endpoint, or all that a user sees; null for all of the tenant. */
export type RedeliveryScope = string | null;

/** Stands for the tenant's endpoints in the key of a call. */
const allEndpoints = '00000000-0000-0000-0000-000000000000';

/** Removed with a call, so that the table stays as small as its window. */
const staleRowsMax = 100;

/**
 * Takes the window of a call to redeliver an event to what `scope` names. Returns undefined
 * when it is the first in `windowSeconds`; otherwise what the first one was answered. A call at the
 * same time waits here until that one has committed (S-053).
 */
export async function claimRedelivery(
  tx: TenantTx,
  eventId: EventId,
  scope: RedeliveryScope,
  windowSeconds: number,
): Promise<readonly Redelivered[] | undefined> {
  const target = scope ?? allEndpoints;
  const { rowCount } = await tx.query({
    name: 'claim_redelivery',
    text: `
      insert into event_redeliveries as r (tenant_id, event_id, target)
      values ($1::uuid, $2::uuid, $3::uuid)
      on conflict (tenant_id, event_id, target) do update
      set called_at = clock_timestamp(), answer = '[]'
      where r.called_at <= clock_timestamp() - make_interval(secs => $4::integer)
      returning 1`,
    values: [tx.tenantId, eventId, target, windowSeconds],
  });
  if (rowCount === 1) {
    await removeStale(tx, windowSeconds);
    return undefined;
  }
  const { rows } = await tx.query<{ answer: Redelivered[] }>({
    name: 'find_redelivery',
    text: `
      select answer from event_redeliveries
      where tenant_id = $1::uuid and event_id = $2::uuid and target = $3::uuid`,
    values: [tx.tenantId, eventId, target],
  });
  return rows[0]?.answer ?? [];
}

async function removeStale(tx: TenantTx, windowSeconds: number): Promise<void> {
  await tx.query({
    name: 'remove_stale_redeliveries',
    text: `
      delete from event_redeliveries r using (
        select event_id, target from event_redeliveries
        where tenant_id = $1::uuid
          and called_at <= clock_timestamp() - make_interval(secs => $2::integer)
        order by called_at
        limit $3::integer
        for update skip locked
      ) stale
      where r.tenant_id = $1::uuid and r.event_id = stale.event_id and r.target = stale.target`,
    values: [tx.tenantId, windowSeconds, staleRowsMax],
  });
}

/** Keeps the answer of the call that took the window. */
export async function keepRedelivery(
  tx: TenantTx,
  eventId: EventId,
  scope: RedeliveryScope,
  answer: readonly Redelivered[],
): Promise<void> {
  await tx.query({
    name: 'keep_redelivery',
    text: `
      update event_redeliveries set answer = $4::jsonb
      where tenant_id = $1::uuid and event_id = $2::uuid and target = $3::uuid`,
    values: [tx.tenantId, eventId, scope ?? allEndpoints, JSON.stringify(answer)],
  });
}

/** An endpoint that heard of an event, with the body it was sent, if one is kept. */
export interface OriginalTarget {
  readonly endpoint: MatchedEndpoint;
  readonly body: string | null;
}

interface TargetRow {
  id: string;
  status: MatchedEndpoint['status'];
  signature_profile: string;
  retry_profile: MatchedEndpoint['retryProfile'];
  retry_waits_ms: string[] | null;
  body: string | null;
}

/**
 * Of these endpoints the ones that still exist, and belong to `ownerUserId` (or to `nobody`) if it is
 * given, each with the first body it was sent of the event.
 */
export async function listOriginalTargets(
  tx: TenantTx,
  eventId: EventId,
  endpointIds: readonly EndpointId[],
  ownerUserId: string | null,
): Promise<OriginalTarget[]> {
  const { rows } = await tx.query<TargetRow>({
    name: 'list_original_targets',
    text: `
      select e.id, e.status, e.signature_profile, e.retry_profile, e.retry_waits_ms,
        (select d.body from outbound_deliveries d
          where d.tenant_id = e.tenant_id and d.event_id = $2::uuid and d.endpoint_id = e.id
          order by d.created_at, d.id limit 1) as body
      from endpoints e
      where e.tenant_id = $1::uuid and e.id = any($3::uuid[])
        and ($4::uuid is null or ${belongsTo('e.owner_user_id', '$4')})
      order by e.id`,
    values: [tx.tenantId, eventId, endpointIds, ownerUserId],
  });
  return rows.map((row) => ({
    endpoint: {
      id: parseEndpointId(row.id),
      status: row.status,
      signatureProfile: row.signature_profile,
      retryProfile: row.retry_profile,
      retryWaitsMs: row.retry_waits_ms && row.retry_waits_ms.map(Number),
    },
    body: row.body,
  }));
}

/** The endpoints that heard of an event when it was published; none when it reached no fan-out. */
export async function listMatchedIds(tx: TenantTx, eventId: EventId): Promise<EndpointId[]> {
  const { rows } = await tx.query<{ ids: string[] | null }>({
    name: 'list_matched_ids',
    text: `
      select matched_endpoint_ids as ids from events
      where tenant_id = $1::uuid and id = $2::uuid`,
    values: [tx.tenantId, eventId],
  });
  return (rows[0]?.ids ?? []).map((id) => parseEndpointId(id));
}

/**
 * Takes an endpoint's turn to be redelivered to since a moment. Returns undefined when it is the first
 * in `windowSeconds`; otherwise in how many seconds the next one may come. Calls at the same time wait
 * for each other here, over all replicas (S-054).
 */
export async function claimEndpointRedelivery(
  tx: TenantTx,
  endpointId: EndpointId,
  windowSeconds: number,
): Promise<number | undefined> {
  const { rowCount } = await tx.query({
    name: 'claim_endpoint_redelivery',
    text: `
      insert into endpoint_redeliveries as r (tenant_id, endpoint_id)
      values ($1::uuid, $2::uuid)
      on conflict (tenant_id, endpoint_id) do update set called_at = clock_timestamp()
      where r.called_at <= clock_timestamp() - make_interval(secs => $3::integer)
      returning 1`,
    values: [tx.tenantId, endpointId, windowSeconds],
  });
  if (rowCount === 1) return undefined;
  const { rows } = await tx.query<{ seconds: number }>({
    name: 'find_endpoint_redelivery',
    text: `
      select greatest(1, ceil($3::integer
        - extract(epoch from clock_timestamp() - called_at)))::integer as seconds
      from endpoint_redeliveries where tenant_id = $1::uuid and endpoint_id = $2::uuid`,
    values: [tx.tenantId, endpointId, windowSeconds],
  });
  return rows[0]?.seconds ?? windowSeconds;
}

/** What an endpoint ($2) was sent since a moment ($3), but for tests and what is made by this call. */
const sentSince = `d.tenant_id = $1::uuid and d.endpoint_id = $2::uuid and d.origin <> 'test'
          and d.created_at >= $3::timestamptz and d.occurred_at >= $3::timestamptz
          and d.created_at <= now()`;

/** Whether an endpoint was sent more than `rowsMax` deliveries since a moment (ISO 8601). */
export async function hasSentMoreThan(
  tx: TenantTx,
  endpointId: EndpointId,
  since: string,
  rowsMax: number,
): Promise<boolean> {
  const { rowCount } = await tx.query({
    text: `
      select from outbound_deliveries d
      where ${sentSince}
      offset $4::integer limit 1`,
    values: [tx.tenantId, endpointId, since, rowsMax],
  });
  return rowCount === 1;
}

/** What an endpoint is sent again: what it was sent since a moment, in pages. */
export interface RedeliveryPage {
  readonly endpointId: EndpointId;
  /** ISO 8601. */
  readonly since: string;
  /** Where the page before ended. */
  readonly after: { readonly at: string; readonly id: string } | undefined;
  readonly rowsMax: number;
  /** How many deliveries were made before this page: each has a place in the endpoint's rate. */
  readonly made: number;
  readonly retry: object;
}

export interface RedeliveredPage {
  /** How many deliveries were looked at; fewer than the page holds when there are no more. */
  readonly seen: number;
  readonly scheduled: number;
  readonly skipped: number;
  readonly last: { readonly at: string; readonly id: string } | undefined;
}

/**
 * Makes a new delivery of each event of a page that has none under way to the endpoint, with the body
 * that the first one had. A page is of deliveries, of which the first of its event counts, so that each
 * comes once; what is made here is younger than its transaction and left out. Spread over time by the
 * rate of the endpoint; a paused or disabled one holds them. `ids` are for the new deliveries, as many
 * as the page has rows.
 *
 * The deliveries of an event are read by its id alone (`offset 0` keeps the planner from more): chosen
 * by the endpoint as well, a planner without statistics reads all of the endpoint's for each.
 */
export async function redeliverPage(
  tx: TenantTx,
  page: RedeliveryPage,
  ids: readonly string[],
): Promise<RedeliveredPage> {
  const { rows } = await tx.query<{
    seen: number;
    scheduled: number;
    skipped: number;
    last_at: string | null;
    last_id: string | null;
  }>({
    text: `
      with candidate as materialized (
        select d.id, d.created_at, d.event_id, d.event_type, d.body, d.occurred_at
        from outbound_deliveries d
        where ${sentSince}
          and ($4::timestamptz is null or (d.created_at, d.id) > ($4::timestamptz, $5::uuid))
        order by d.created_at, d.id
        limit $6::integer
      ), page as (
        select c.*, sibling.is_open
        from candidate c
        cross join lateral (
          select bool_and((o.created_at, o.id) >= (c.created_at, c.id)) as is_first,
            bool_or(o.settled_at is null) as is_open
          from (
            select s.created_at, s.id, s.settled_at, s.endpoint_id, s.origin
            from outbound_deliveries s
            where s.tenant_id = $1::uuid and s.event_id = c.event_id
            offset 0
          ) o
          where o.endpoint_id = $2::uuid and o.origin <> 'test'
        ) sibling
        where sibling.is_first
      ), due as (
        select p.*, row_number() over (order by p.created_at, p.id) as n
        from page p where not p.is_open
      ), made as (
        insert into outbound_deliveries (tenant_id, id, endpoint_id, event_id, event_type, body,
          occurred_at, origin, replayed_from, retry, status, hold_reason, next_attempt_at,
          wake_due_at)
        select $1::uuid, ($7::uuid[])[due.n], e.id, due.event_id, due.event_type, due.body,
          due.occurred_at, 'redelivery', due.id, $8::jsonb,
          case when e.status = 'active' then 'pending' else 'held' end,
          case e.status when 'paused' then 'endpoint_paused'
            when 'disabled' then 'endpoint_disabled' end,
          case when e.status = 'active' then w.due_at end,
          case when e.status = 'active' then w.due_at end
        from due
        join endpoints e on e.tenant_id = $1::uuid and e.id = $2::uuid
        cross join lateral (
          select clock_timestamp()
            + make_interval(secs => ($9::bigint + due.n - 1) * 60.0 / e.rate_per_minute) as due_at
        ) w
        returning 1
      )
      select (select count(*) from candidate)::integer as seen,
        (select count(*) from made)::integer as scheduled,
        ((select count(*) from page) - (select count(*) from due))::integer as skipped,
        l.at as last_at, l.id as last_id
      from (select 1) one
      left join lateral (
        select to_char(p.created_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at, p.id
        from candidate p order by p.created_at desc, p.id desc limit 1
      ) l on true`,
    values: [
      tx.tenantId,
      page.endpointId,
      page.since,
      page.after?.at,
      page.after?.id,
      page.rowsMax,
      ids,
      JSON.stringify(page.retry),
      page.made,
    ],
  });
  const [row] = rows;
  if (row === undefined) return { seen: 0, scheduled: 0, skipped: 0, last: undefined };
  const { seen, scheduled, skipped, last_at: at, last_id: id } = row;
  return { seen, scheduled, skipped, last: at === null || id === null ? undefined : { at, id } };
}
