import { Client, Connection } from '@temporalio/client';
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest';
import { commandDelivery } from '../../shared/db/queries/outbound-deliveries.ts';
import { parseOutboundDeliveryId, toWireId, type EndpointId } from '../../shared/domain/ids.ts';
import { publishEvent } from '../../shared/outbound/publish-event.ts';
import { eventually } from '../support/eventually.ts';
import type { TestTenant } from '../support/factory.ts';
import { startOutboundRig, type OutboundRig } from '../support/outbound-rig.ts';
import { startReceiver, type Answer, type TestReceiver } from '../support/receiver.ts';

/**
 * An endpoint whose last attempts all failed, with more deliveries than it is tried with. The sweeper
 * looks as seldom as in production, so that what depends on it alone is as slow here.
 */
let rig: OutboundRig;
let connection: Connection;
let client: Client;
const receivers: TestReceiver[] = [];
const endpoints: EndpointId[] = [];

beforeAll(async () => {
  rig = await startOutboundRig({ env: { TIDEGATE_SWEEP_INTERVAL_MS: '1000' } });
  connection = await Connection.connect({ address: inject('servers').temporalAddress });
  client = new Client({ connection });
});
afterEach(async () => {
  // Nothing of it is left to the other tests.
  await rig.database.admin.query('delete from endpoints where id = any($1)', [endpoints.splice(0)]);
  await Promise.all(receivers.splice(0).map((receiver) => receiver.close()));
});
afterAll(async () => {
  await connection.close();
  await rig.stop();
});

const silent: Answer = () => undefined;
/** Once tried, a delivery is out of the way for an hour. */
const ladder = { retryProfile: 'custom', retryWaitsMs: [3_600_000] } as const;

interface Down {
  readonly tenant: TestTenant;
  readonly id: EndpointId;
  readonly receiver: TestReceiver;
}

/** An endpoint that has failed five times in a row, the last time after so many milliseconds. */
async function down(
  answer: Answer,
  lastMs: number,
  settings: { readonly maxInFlight?: number; readonly timeoutMs?: number } = {},
): Promise<Down> {
  const receiver = await startReceiver(answer);
  receivers.push(receiver);
  const tenant = await rig.factory.tenant();
  const { id } = await rig.endpoint(tenant, {
    url: receiver.url,
    ratePerMinute: 60_000,
    ...ladder,
    ...settings,
  });
  endpoints.push(id);
  await rig.database.admin.query(
    `update endpoint_gates set failures_in_a_row = 5, failing_since = now(), last_duration_ms = $2
     where endpoint_id = $1`,
    [id, lastMs],
  );
  return { tenant, id, receiver };
}

/** Stores so many deliveries; nobody starts them for a while. */
async function store({ tenant }: Down, count: number): Promise<void> {
  await rig.factory.withTenant(tenant.id, async (tx) => {
    for (let n = 0; n < count; n += 1) {
      await publishEvent(tx, {
        type: 'ticket.created',
        objectType: 'ticket',
        objectId: String(n),
        deliveryId: null,
        data: { n },
      });
    }
  });
}

/** Stores so many and lets go of them all at once. */
async function burst(endpoint: Down, count: number): Promise<void> {
  await store(endpoint, count);
  await rig.hasten(endpoint.tenant);
}

/** How an outage leaves them: some were tried in vain and sleep, the others wait for a place. */
async function leaveWaiting({ tenant }: Down, asleep: number): Promise<void> {
  await rig.database.admin.query(
    `update outbound_deliveries
     set wake_due_at = clock_timestamp() + interval '1 hour', waiting_since = clock_timestamp()
     where tenant_id = $1`,
    [tenant.id],
  );
  await rig.database.admin.query(
    `update outbound_deliveries
     set status = 'retrying', attempts = 1, failures = 1, waiting_since = null,
       next_attempt_at = clock_timestamp() + interval '1 hour'
     where id in (select id from outbound_deliveries where tenant_id = $1 limit $2)`,
    [tenant.id, asleep],
  );
}

interface Standing {
  readonly status: string;
  readonly attempts: number;
  readonly n: number;
  readonly waiting: number;
  readonly without_time: number;
}

/** How many deliveries stand how; each has a time at which somebody looks for it, or is settled. */
async function standing({ tenant }: Down): Promise<readonly Standing[]> {
  const { rows } = await rig.database.admin.query<Standing>(
    `select status, attempts, count(*)::integer as n, count(waiting_since)::integer as waiting,
       (count(*) filter (where wake_due_at is null and settled_at is null))::integer as without_time
     from outbound_deliveries where tenant_id = $1 group by 1, 2 order by 1, 2`,
    [tenant.id],
  );
  return rows;
}

const runs = async ({ id }: Down): Promise<number> =>
  (await client.workflow.count(`TidegateEndpoint = '${toWireId('endpoint', id)}'`)).count;

describe('an endpoint that is down', () => {
  test('S-059 and lets each request time out is tried by two at a time; the others wait in their rows, without runs', async () => {
    const endpoint = await down(silent, 15_000, { maxInFlight: 20, timeoutMs: 2_500 });
    await burst(endpoint, 100);
    await eventually(() => expect(endpoint.receiver.requests.length).toBeGreaterThan(5), 60_000);
    await eventually(async () => {
      const rows = await standing(endpoint);
      const pending = rows.find(({ status }) => status === 'pending');
      expect(pending?.waiting).toBeGreaterThan(80);
      for (const row of rows) expect(row.without_time).toBe(0);
    });
    expect(endpoint.receiver.openMax()).toBe(2);
    // Each attempt that may take its time has one, and little else does.
    expect(await runs(endpoint)).toBeLessThan(25);
  });

  test('S-059 S-072 and refuses quickly is tried with every delivery once, two at a time, without runs', async () => {
    const endpoint = await down(500, 5, { maxInFlight: 20 });
    await burst(endpoint, 100);
    await eventually(async () => {
      expect(await standing(endpoint)).toMatchObject([{ status: 'retrying', attempts: 1, n: 100 }]);
    }, 60_000);
    expect(endpoint.receiver.requests).toHaveLength(100);
    expect(endpoint.receiver.openMax()).toBeLessThanOrEqual(2);
    expect(await runs(endpoint)).toBeLessThan(25);
  });

  test.for([
    ['with ten places', 10, 500, 3],
    ['with one place', 1, 5, 1],
  ] as const)(
    'S-059 %s gets everything soon when it is back, as many at a time as it takes',
    async ([, maxInFlight, answerMs, openMin]) => {
      const endpoint = await down(
        (response) => void setTimeout(() => response.writeHead(204).end(), answerMs),
        15_000,
        { maxInFlight },
      );
      const { tenant, receiver } = endpoint;
      await store(endpoint, 150);
      await leaveWaiting(endpoint, 10);
      const { id } = (await rig.deliveries(tenant)).findLast(({ attempts }) => attempts === 0)!;
      await rig.database.admin.query(
        'update outbound_deliveries set waiting_since = null, wake_due_at = now() where id = $1',
        [id],
      );
      // One by one, at each look of the sweeper, it would be minutes.
      await eventually(async () => {
        const rows = await standing(endpoint);
        expect(rows.map(({ status }) => status)).toEqual(['delivered', 'delivered']);
      }, 60_000);
      expect(await standing(endpoint)).toMatchObject([
        { attempts: 1, n: 140 },
        { attempts: 2, n: 10 },
      ]);
      expect(receiver.requests).toHaveLength(150);
      expect(receiver.openMax()).toBeLessThanOrEqual(maxInFlight);
      expect(receiver.openMax()).toBeGreaterThanOrEqual(openMin);
    },
  );

  test('is tried at once by what its owner asks for, whatever waits', async () => {
    const endpoint = await down(silent, 15_000, { maxInFlight: 10, timeoutMs: 60_000 });
    const { tenant, receiver } = endpoint;
    await burst(endpoint, 20);
    await eventually(async () => {
      expect(receiver.requests).toHaveLength(2);
      const [untried] = await standing(endpoint);
      expect(untried).toMatchObject({ status: 'pending', attempts: 0, n: 18 });
      expect(untried?.waiting).toBeGreaterThan(10);
    });
    receiver.answer(204);
    const last = (await rig.deliveries(tenant)).findLast(({ attempts }) => attempts === 0);
    const id = parseOutboundDeliveryId(last!.id);
    await rig.factory.withTenant(tenant.id, (tx) => commandDelivery(tx, id, 'retryNow'));
    // It arrives, and with that the endpoint is back, though two still hang.
    await eventually(() =>
      expect(receiver.requests[2]?.headers['webhook-id']).toBe(toWireId('event', last!.event_id)),
    );
    await eventually(async () => {
      expect(await standing(endpoint)).toMatchObject([{ status: 'delivered', n: 18 }, { n: 2 }]);
    });
  });
});
