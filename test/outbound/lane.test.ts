import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { publishEvent } from '../../shared/outbound/publish-event.ts';
import { eventually } from '../support/eventually.ts';
import type { TestTenant } from '../support/factory.ts';
import { startOutboundRig, type OutboundRig } from '../support/outbound-rig.ts';
import { startReceiver, type TestReceiver } from '../support/receiver.ts';

/**
 * A backlog is stored while nobody starts it, then let go all at once. The sweeper finds more than it
 * can start and opens the burst lane.
 */
let rig: OutboundRig;
let connection: Connection;
let client: Client;
let well: TestReceiver;
let dead: TestReceiver;

beforeAll(async () => {
  rig = await startOutboundRig();
  connection = await Connection.connect({ address: inject('servers').temporalAddress });
  client = new Client({ connection });
  well = await startReceiver();
  dead = await startReceiver(() => undefined);
});
afterAll(async () => {
  await dead.close();
  await well.close();
  await connection.close();
  await rig.stop();
});

const fast = { ratePerMinute: 60_000, maxInFlight: 10 };

/** Stores so many events without starting anything, and lets go of all of them. */
async function burst(tenant: TestTenant, count: number): Promise<void> {
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
  await rig.hasten(tenant);
}

const delivered = async (tenant: TestTenant): Promise<number> => {
  const { rows } = await rig.database.admin.query<{ n: number }>(
    `select count(*)::integer as n from outbound_deliveries
     where tenant_id = $1 and status = 'delivered'`,
    [tenant.id],
  );
  return rows[0]?.n ?? NaN;
};

const runs = (tenant: TestTenant, type: string) =>
  client.workflow.count(`TidegateTenant = '${tenant.slug}' AND WorkflowType = '${type}'`);

describe('the burst lane', () => {
  test('S-055 makes the deliveries of a backlog, each once, hardly one with a run of its own', async () => {
    const tenant = await rig.factory.tenant();
    await rig.endpoint(tenant, { url: well.url, ...fast });
    await burst(tenant, 400);
    await eventually(async () => expect(await delivered(tenant)).toBe(400), 60_000);
    const ids = well.requests.map(({ headers }) => headers['webhook-id']);
    expect(ids).toHaveLength(400);
    expect(new Set(ids).size).toBe(400);
    // What is left when the lane has claimed most is the lane's as well.
    expect((await runs(tenant, 'outboundDelivery')).count).toBeLessThan(20);
  });

  test('S-059 S-072 a dead endpoint in it delays no other, and its deliveries keep their schedule', async () => {
    const tenant = await rig.factory.tenant();
    const before = well.requests.length;
    await rig.endpoint(tenant, { url: well.url, ...fast });
    const { id } = await rig.endpoint(tenant, {
      url: dead.url,
      ...fast,
      maxInFlight: 2,
      timeoutMs: 1_000,
      retryProfile: 'custom',
      retryWaitsMs: [3_600_000],
    });
    await burst(tenant, 100);
    await eventually(() => expect(well.requests.length - before).toBe(100), 60_000);
    // One after the other, as the endpoint's places come free, each is tried and then sleeps an hour.
    await eventually(async () => {
      const rows = (await rig.deliveries(tenant)).filter(({ endpoint_id }) => endpoint_id === id);
      expect(rows.filter(({ status }) => status === 'retrying').length).toBeGreaterThan(3);
      for (const { status, attempts } of rows) {
        expect(['pending', 'retrying']).toContain(status);
        expect(attempts).toBeLessThanOrEqual(1);
      }
    }, 60_000);
    expect(dead.openMax()).toBeLessThanOrEqual(2);
    // Nothing of it is left to the other tests.
    await rig.database.admin.query('delete from endpoints where id = $1', [id]);
  });
});
