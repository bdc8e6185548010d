import { v7 as uuidv7 } from 'uuid';
import type { TestDatabase } from './database.ts';
import type { TestTenant } from './factory.ts';

export interface PastDelivery {
  readonly status: 'delivered' | 'failed' | 'canceled' | 'held';
  /** How long ago it was made and, unless it is held, ended; in milliseconds. */
  readonly agoMs?: number;
  readonly eventId?: string;
  readonly eventType?: string;
  readonly body?: string;
  readonly origin?: 'event' | 'redelivery';
}

/** Writes a delivery as it stands after its end, without the hours that it took. Returns its id. */
export async function pastDelivery(
  { admin }: Pick<TestDatabase, 'admin'>,
  tenant: TestTenant,
  endpointId: string,
  {
    status,
    agoMs = 0,
    eventId = uuidv7(),
    eventType = 'ticket.created',
    body = '{}',
    origin = 'event',
  }: PastDelivery,
): Promise<string> {
  const id = uuidv7();
  await admin.query(
    `insert into outbound_deliveries (tenant_id, id, endpoint_id, event_id, event_type, body,
       occurred_at, origin, retry, status, attempts, failures, last_status_code, failure_code,
       hold_reason, delivered_at, settled_at, created_at)
     select $1, $2, $3, $4, $5, $6, n.at, $9, '{"waitsMs":[],"jitter":0}', $7, n.tries, n.tries,
       case when $7 = 'failed' then 503 end, case when $7 = 'failed' then 'attempts_exhausted' end,
       case when $7 = 'held' then 'endpoint_paused' end,
       case when $7 = 'delivered' then n.at end, case when $7 <> 'held' then n.at end, n.at
     from (select clock_timestamp() - make_interval(secs => $8::double precision / 1000) as at,
       case when $7 = 'held' then 0 else 1 end as tries) n`,
    [tenant.id, id, endpointId, eventId, eventType, body, status, agoMs, origin],
  );
  return id;
}

/**
 * Writes so many deliveries of an event each in one statement, a microsecond apart, with bodies that
 * differ. They were made and ended `agoMs` ago.
 */
export async function pastDeliveries(
  { admin }: Pick<TestDatabase, 'admin'>,
  tenant: Pick<TestTenant, 'id'>,
  endpointId: string,
  { status, agoMs, count }: { status: 'delivered' | 'failed'; agoMs: number; count: number },
): Promise<void> {
  await admin.query(
    `insert into outbound_deliveries (tenant_id, id, endpoint_id, event_id, event_type, body,
       occurred_at, retry, status, attempts, failures, last_status_code, failure_code, delivered_at,
       settled_at, created_at)
     select $1, gen_random_uuid(), $2, gen_random_uuid(), 'ticket.created',
       jsonb_build_object('number', t.n)::text, t.at, '{"waitsMs":[],"jitter":0}', $3::text, 1,
       case when $3 = 'failed' then 1 else 0 end, case when $3 = 'failed' then 503 else 204 end,
       case when $3 = 'failed' then 'attempts_exhausted' end,
       case when $3 = 'delivered' then t.at end, t.at, t.at
     from (
       select n, now() - make_interval(secs => $4::double precision / 1000) + n * interval '1 microsecond' as at
       from generate_series(1, $5::integer) n
     ) t`,
    [tenant.id, endpointId, status, agoMs, count],
  );
  // As a database that has been at it for a while: without statistics the plans are a gamble.
  await admin.query('analyze outbound_deliveries');
}
