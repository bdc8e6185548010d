import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeWithTenant, type AnnouncedDelivery } from '../../shared/db/tenant.ts';
import { publishEvent, publishReceipt } from '../../shared/outbound/publish-event.ts';
import { parseEventId } from '../../shared/domain/ids.ts';
import { openAppPool } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { startOutboundRig, type OutboundRig } from '../support/outbound-rig.ts';
import { startReceiver, type TestReceiver } from '../support/receiver.ts';
import { randomUUID } from 'node:crypto';

let rig: OutboundRig;
let receiver: TestReceiver;

beforeAll(async () => {
  // The stack itself has its fan-out switched off: what the tests publish as another process is made.
  rig = await startOutboundRig({ env: { TIDEGATE_FAN_OUT: 'false' } });
  receiver = await startReceiver();
});
afterAll(async () => {
  await receiver.close();
  await rig.stop();
});

const event = {
  type: 'ticket.created',
  objectType: 'ticket',
  objectId: 't-1',
  deliveryId: null,
  data: {},
} as const;

describe('publishing', () => {
  test('S-139 stores nothing while the flag of the tenant is off, and keeps what was there', async () => {
    const tenant = await rig.factory.tenant();
    await rig.endpoint(tenant, { url: receiver.url });
    await rig.publish(tenant, event);
    await rig.database.admin.query('update tenants set automation_enabled = false where id = $1', [
      tenant.id,
    ]);
    const published = await rig.factory.withTenant(tenant.id, (tx) => publishEvent(tx, event));
    expect(published).toBeUndefined();
    expect(await rig.deliveries(tenant)).toHaveLength(1);
  });

  test('S-139 with the fan-out switched off stores events, makes no delivery of them, and still makes those that exist', async () => {
    const tenant = await rig.factory.tenant();
    const { id } = await rig.endpoint(tenant, { url: receiver.url });
    await rig.database.admin.query(`update endpoints set status = 'paused' where id = $1`, [id]);
    await rig.publish(tenant, event);
    const pool = openAppPool(rig.database.appUrl, 1);
    const withTenant = makeWithTenant(pool, { isFanOutOn: false, onCommitted: () => undefined });
    const published = await withTenant(tenant.id, (tx) => publishEvent(tx, event));
    await pool.end();
    expect(published).toMatchObject({ matched: 0 });
    expect(await rig.deliveries(tenant)).toHaveLength(1);
    await rig.database.admin.query(`update endpoints set status = 'active' where id = $1`, [id]);
    await rig.database.admin.query(
      'update outbound_deliveries set wake_due_at = now() where endpoint_id = $1',
      [id],
    );
    await eventually(async () =>
      expect(await rig.deliveries(tenant)).toMatchObject([{ status: 'delivered' }]),
    );
  });

  test('S-098 announces deliveries after the commit only, and none of a transaction that is rolled back', async () => {
    const tenant = await rig.factory.tenant();
    await rig.endpoint(tenant, { url: receiver.url });
    const announced: AnnouncedDelivery[] = [];
    const pool = openAppPool(rig.database.appUrl, 1);
    const withTenant = makeWithTenant(pool, {
      isFanOutOn: true,
      onCommitted: (deliveries) => void announced.push(...deliveries),
    });
    await expect(
      withTenant(tenant.id, async (tx) => {
        await publishEvent(tx, event);
        throw new Error('on purpose');
      }),
    ).rejects.toThrow('on purpose');
    expect(announced).toEqual([]);
    expect(await rig.deliveries(tenant)).toEqual([]);
    await withTenant(tenant.id, async (tx) => {
      await publishEvent(tx, event);
      expect(announced).toEqual([]);
    });
    const [row] = await rig.deliveries(tenant);
    expect(announced).toMatchObject([{ deliveryId: row?.id, eventType: 'ticket.created' }]);
    await pool.end();
  });

  test('S-055 makes one delivery of an event for each endpoint, however many publish it at once', async () => {
    const tenant = await rig.factory.tenant();
    await rig.endpoint(tenant, { url: receiver.url });
    await rig.endpoint(tenant, { url: receiver.url });
    const id = parseEventId(randomUUID());
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, () =>
        rig.factory.withTenant(tenant.id, (tx) => publishEvent(tx, { ...event, id })),
      ),
    );
    expect(outcomes.filter((outcome) => outcome !== undefined)).toMatchObject([{ matched: 2 }]);
    expect(await rig.deliveries(tenant)).toHaveLength(2);
  });

  test('S-064 sends an event that awaits its receipt once after it, never when it was reverted', async () => {
    const tenant = await rig.factory.tenant();
    await rig.endpoint(tenant, { url: receiver.url });
    const awaiting = { ...event, awaitsReceipt: true };
    const sent = await rig.publish(tenant, awaiting);
    const reverted = await rig.publish(tenant, awaiting);
    expect(await rig.deliveries(tenant)).toEqual([]);
    const receipt = { blockNumber: 7, transactionHash: '0xabc' };
    const taken = await Promise.all(
      Array.from({ length: 5 }, () =>
        rig.factory.withTenant(tenant.id, (tx) => publishReceipt(tx, sent.id, receipt)),
      ),
    );
    expect(taken.filter((one) => one !== undefined)).toHaveLength(1);
    await rig.factory.withTenant(tenant.id, (tx) => publishReceipt(tx, reverted.id, null));
    const late = await rig.factory.withTenant(tenant.id, (tx) =>
      publishReceipt(tx, reverted.id, receipt),
    );
    expect(late).toBeUndefined();
    const rows = await rig.deliveries(tenant);
    expect(rows).toHaveLength(1);
    expect(JSON.parse(rows[0]!.body)).toMatchObject({ receipt });
  });

  test('tells of operational events only endpoints that name them, and never the one they are about', async () => {
    const tenant = await rig.factory.tenant();
    await rig.endpoint(tenant, { url: receiver.url });
    const named = await rig.endpoint(tenant, { url: receiver.url, eventTypes: ['endpoint.*'] });
    const about = await rig.endpoint(tenant, { url: receiver.url, eventTypes: ['endpoint.*'] });
    await rig.publish(tenant, { type: 'endpoint.disabled', aboutEndpointId: about.id });
    const rows = await rig.deliveries(tenant);
    expect(rows.map(({ endpoint_id }) => endpoint_id)).toEqual([named.id]);
  });

  test('S-100 keeps a payload of 50 KB as it was published', async () => {
    const tenant = await rig.factory.tenant();
    await rig.endpoint(tenant, { url: receiver.url });
    const data = { zeta: 1, alpha: 'ä€😀'.repeat(5_000), nested: { b: [1, 2.5], a: null } };
    await rig.publish(tenant, { type: 'ticket.created', data });
    const { rows } = await rig.database.admin.query<{ data: string }>(
      'select data::text as data from events where tenant_id = $1',
      [tenant.id],
    );
    expect(rows[0]?.data).toBe(JSON.stringify(data));
    const [delivery] = await rig.deliveries(tenant);
    expect(delivery?.body).toContain(JSON.stringify(data));
  });
});
