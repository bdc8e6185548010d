import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { releaseHeld } from '../../shared/db/queries/outbound-deliveries.ts';
import { eventually } from '../support/eventually.ts';
import type { TestTenant } from '../support/factory.ts';
import { startOutboundRig, type OutboundRig } from '../support/outbound-rig.ts';
import { startReceiver, type Answer, type TestReceiver } from '../support/receiver.ts';

let rig: OutboundRig;
const receivers: TestReceiver[] = [];

beforeAll(async () => {
  rig = await startOutboundRig();
});
afterEach(async () => {
  await Promise.all(receivers.splice(0).map((receiver) => receiver.close()));
});
afterAll(() => rig.stop());

async function receiver(answer?: Answer): Promise<TestReceiver> {
  const started = await startReceiver(answer);
  receivers.push(started);
  return started;
}

const slowly =
  (ms: number): Answer =>
  (response) =>
    void setTimeout(() => response.writeHead(204).end(), ms);

const publish = async (tenant: TestTenant, count: number, type = 'ticket.created') => {
  for (let n = 0; n < count; n += 1) await rig.publish(tenant, { type, data: { n } });
};

const delivered = async (tenant: TestTenant) =>
  (await rig.deliveries(tenant)).filter(({ status }) => status === 'delivered').length;

describe('an endpoint', () => {
  test('S-059 gets one delivery at a time, and all of them without anybody asking in vain', async () => {
    const { url, openMax } = await receiver(slowly(40));
    const tenant = await rig.factory.tenant();
    await rig.endpoint(tenant, { url, ratePerMinute: 60_000 });
    await publish(tenant, 12);
    await eventually(async () => expect(await delivered(tenant)).toBe(12), 30_000);
    expect(openMax()).toBe(1);
  });

  test('S-059 gets as many at a time as it is set to take', async () => {
    const { url, openMax } = await receiver(slowly(60));
    const tenant = await rig.factory.tenant();
    await rig.endpoint(tenant, { url, maxInFlight: 3, ratePerMinute: 60_000 });
    await publish(tenant, 15);
    await eventually(async () => expect(await delivered(tenant)).toBe(15), 30_000);
    expect(openMax()).toBeGreaterThan(1);
    expect(openMax()).toBeLessThanOrEqual(3);
  });

  test('S-059 one that never answers delays no other', async () => {
    const dead = await receiver(() => undefined);
    const well = await receiver();
    const tenant = await rig.factory.tenant();
    const settings = { ratePerMinute: 60_000, maxInFlight: 10 };
    await rig.endpoint(tenant, { ...settings, url: dead.url, timeoutMs: 60_000 });
    await rig.endpoint(tenant, { ...settings, url: well.url });
    await publish(tenant, 20);
    await eventually(() => expect(well.requests).toHaveLength(20), 30_000);
    expect(await delivered(tenant)).toBeLessThanOrEqual(20);
    await rig.database.admin.query(
      `update outbound_deliveries set status = 'canceled', settled_at = now(), wake_due_at = null,
         waiting_since = null, hold_reason = null
       where tenant_id = $1 and settled_at is null`,
      [tenant.id],
    );
  });

  test('S-109 gets no more than its rate; the rest waits and is not failed', async () => {
    const { url, requests } = await receiver();
    const tenant = await rig.factory.tenant();
    // A bucket of two, and one more every half second.
    const { id } = await rig.endpoint(tenant, { url, ratePerMinute: 120, maxInFlight: 10 });
    await rig.database.admin.query(
      'update endpoint_gates set tokens = 2, refilled_at = clock_timestamp() where endpoint_id = $1',
      [id],
    );
    const startedAt = Date.now();
    await publish(tenant, 6);
    await eventually(async () => expect(await delivered(tenant)).toBe(6), 30_000);
    expect(requests).toHaveLength(6);
    // Two at once, and four that had to wait for half a second each.
    const last = Math.max(...requests.map(({ atMs }) => atMs));
    expect(last - startedAt).toBeGreaterThanOrEqual(1_950);
    const rows = await rig.deliveries(tenant);
    expect(rows.map(({ attempts, failures }) => [attempts, failures])).toEqual(
      Array.from({ length: 6 }, () => [1, 0]),
    );
  });

  test('that answers again wakes the deliveries that sleep until much later', async () => {
    const { url, answer, requests } = await receiver(500);
    const tenant = await rig.factory.tenant();
    await rig.endpoint(tenant, {
      url,
      ratePerMinute: 60_000,
      retryProfile: 'custom',
      retryWaitsMs: [3_600_000, 3_600_000],
    });
    await publish(tenant, 4);
    await eventually(async () => {
      const rows = await rig.deliveries(tenant);
      expect(rows.map(({ status }) => status)).toEqual(Array.from({ length: 4 }, () => 'retrying'));
    });
    answer(204);
    await publish(tenant, 1);
    await eventually(async () => expect(await delivered(tenant)).toBe(5), 30_000);
    expect(requests).toHaveLength(9);
  });

  test('S-061 that is paused takes nothing, and gets everything when it is resumed', async () => {
    const { url, requests } = await receiver();
    const tenant = await rig.factory.tenant();
    const { id } = await rig.endpoint(tenant, { url, ratePerMinute: 60_000 });
    await rig.database.admin.query(`update endpoints set status = 'paused' where id = $1`, [id]);
    await publish(tenant, 3);
    expect(await rig.deliveries(tenant)).toMatchObject([
      { status: 'held', hold_reason: 'endpoint_paused', attempts: 0 },
      { status: 'held' },
      { status: 'held' },
    ]);
    await rig.database.admin.query(`update endpoints set status = 'active' where id = $1`, [id]);
    await rig.factory.withTenant(tenant.id, (tx) => releaseHeld(tx, id));
    await eventually(async () => expect(await delivered(tenant)).toBe(3));
    expect(requests).toHaveLength(3);
  });

  test('S-061 that is paused after the first attempt holds what was to be tried again, an hour at a time', async () => {
    const { url, requests } = await receiver(500);
    const tenant = await rig.factory.tenant();
    const { id } = await rig.endpoint(tenant, {
      url,
      retryProfile: 'custom',
      retryWaitsMs: [1_500, 1],
    });
    await publish(tenant, 1);
    await eventually(() => expect(requests).toHaveLength(1));
    await rig.database.admin.query(`update endpoints set status = 'paused' where id = $1`, [id]);
    await eventually(async () =>
      expect(await rig.deliveries(tenant)).toMatchObject([
        { status: 'held', hold_reason: 'endpoint_paused', attempts: 1, failures: 1 },
      ]),
    );
    const { rows } = await rig.database.admin.query(
      `select extract(epoch from wake_due_at - now()) as s from outbound_deliveries
       where tenant_id = $1`,
      [tenant.id],
    );
    expect(Number(rows[0].s)).toBeGreaterThan(3_500);
    expect(requests).toHaveLength(1);
  });
});
