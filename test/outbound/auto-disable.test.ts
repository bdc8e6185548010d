import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Pool } from '../../shared/db/pool.ts';
import { setEndpointStatus } from '../../shared/db/queries/endpoints.ts';
import { releaseHeld } from '../../shared/db/queries/outbound-deliveries.ts';
import { findEventType } from '../../shared/events/catalogue.ts';
import { openAppPool } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import type { TestTenant } from '../support/factory.ts';
import { maintenanceActivities } from '../support/maintenance.ts';
import { startOutboundRig, type OutboundRig } from '../support/outbound-rig.ts';
import { pastDelivery } from '../support/past-deliveries.ts';
import type { TestEndpoint } from '../support/outbound.ts';
import { startReceiver, type TestReceiver } from '../support/receiver.ts';

const hourMs = 3_600_000;

let rig: OutboundRig;
let receiver: TestReceiver;
let pool: Pool;
let tenant: TestTenant;
let endpoint: TestEndpoint;

beforeAll(async () => {
  rig = await startOutboundRig();
  receiver = await startReceiver();
  pool = openAppPool(rig.database.appUrl, 4);
});
afterAll(async () => {
  await pool.end();
  await receiver.close();
  await rig.stop();
});
beforeEach(async () => {
  tenant = await rig.factory.tenant();
  endpoint = await rig.endpoint(tenant, {
    url: `${receiver.url}/hook`,
    eventTypes: ['ticket.created'],
    ratePerMinute: 60_000,
  });
});

const run = () =>
  maintenanceActivities(pool, rig.factory).runMaintenanceJob({
    name: 'disableFailing',
    olderThanMs: 0,
    rowsMax: 100,
    pauseMs: 1,
    timeMaxMs: 60_000,
  });

async function past(
  status: 'delivered' | 'failed',
  count: number,
  agoMs = hourMs,
  of = endpoint,
): Promise<void> {
  for (let made = 0; made < count; made += 1) {
    await pastDelivery(rig.database, tenant, of.id, { status, agoMs });
  }
}

async function standing(): Promise<Record<string, unknown> | undefined> {
  const { rows } = await rig.database.admin.query<Record<string, unknown>>(
    'select status, disabled_reason, auto_disabled_at from endpoints where id = $1',
    [endpoint.id],
  );
  return rows[0];
}

interface EventRow {
  readonly type: string;
  readonly data: Record<string, unknown>;
}

async function events(): Promise<readonly EventRow[]> {
  const { rows } = await rig.database.admin.query<EventRow>(
    'select type, data from events where tenant_id = $1 order by id',
    [tenant.id],
  );
  return rows;
}

async function audited(): Promise<readonly Record<string, unknown>[]> {
  const { rows } = await rig.database.admin.query<Record<string, unknown>>(
    'select actor_type, action, resource_id from audit_entries where tenant_id = $1',
    [tenant.id],
  );
  return rows;
}

describe('an endpoint to which nothing arrives', () => {
  test('S-077 is disabled after ten failed deliveries in 72 hours, with when and why', async () => {
    await past('failed', 10);
    await run();
    expect(await standing()).toEqual({
      status: 'disabled',
      disabled_reason: '10 deliveries failed and none arrived within 72 hours.',
      auto_disabled_at: expect.any(Date),
    });
    expect(await audited()).toEqual([
      { actor_type: 'system', action: 'webhook.auto_disabled', resource_id: endpoint.id },
    ]);
  });

  test('S-077 has its owner told by events that fit their schemas, once however often it runs', async () => {
    await past('failed', 10);
    await Promise.all([run(), run()]);
    await run();
    const told = await events();
    expect(told.map(({ type }) => type)).toEqual(['endpoint.failing', 'endpoint.disabled']);
    expect(told[0]?.data).toMatchObject({ percent: 100, failedDeliveries: 10, lastStatus: 503 });
    for (const { type, data } of told) {
      expect(findEventType(type)?.data.safeParse(data).success, type).toBe(true);
    }
    expect(await audited()).toHaveLength(1);
  });

  test('S-077 stays while one failure is missing, or was before the window', async () => {
    await past('failed', 9);
    await past('failed', 5, 73 * hourMs);
    await run();
    expect(await standing()).toMatchObject({ status: 'active' });
  });

  test('S-077 one delivered row in the window prevents it, and the reports', async () => {
    await past('failed', 30);
    await past('delivered', 1, 71 * hourMs);
    await run();
    expect(await standing()).toMatchObject({ status: 'active' });
    expect(await events()).toEqual([]);
  });

  test('S-077 a delivery that arrives while the job decides prevents it', async () => {
    await past('failed', 10);
    const client = await rig.database.admin.connect();
    await client.query('begin');
    await client.query('select from endpoint_gates where endpoint_id = $1 for update', [
      endpoint.id,
    ]);
    const deciding = run();
    await eventually(async () => {
      const { rowCount } = await rig.database.admin.query(
        `select from pg_stat_activity where wait_event_type = 'Lock' and query like '%endpoint_gates%'`,
      );
      expect(rowCount).toBeGreaterThan(0);
    });
    await past('delivered', 1, 0);
    await client.query('commit');
    client.release();
    await deciding;
    expect(await standing()).toMatchObject({ status: 'active' });
  });

  test('is left alone while its owner has paused it', async () => {
    await past('failed', 10);
    await rig.factory.withTenant(tenant.id, (tx) => setEndpointStatus(tx, endpoint.id, 'paused'));
    await run();
    expect(await standing()).toMatchObject({ status: 'paused' });
  });

  test('is reported at half, 70 and 90 percent of the way, once each', async () => {
    const percents = async () => (await events()).map(({ data }) => data['percent']);
    await past('failed', 4);
    await run();
    expect(await percents()).toEqual([]);
    await past('failed', 1);
    await run();
    await run();
    expect(await percents()).toEqual([50]);
    await past('failed', 3);
    await run();
    expect(await percents()).toEqual([50, 70]);
    await past('failed', 1);
    await run();
    await run();
    expect(await percents()).toEqual([50, 70, 90]);
    expect(await standing()).toMatchObject({ status: 'active' });
  });

  test('does not disable another endpoint of its tenant', async () => {
    const other = await rig.endpoint(tenant, { url: `${receiver.url}/other` });
    await past('failed', 10, hourMs, other);
    await run();
    expect(await standing()).toMatchObject({ status: 'active' });
  });
});

describe('an endpoint that was disabled automatically', () => {
  const enable = () =>
    rig.factory.withTenant(tenant.id, async (tx) => {
      await setEndpointStatus(tx, endpoint.id, 'active');
      await releaseHeld(tx, endpoint.id);
    });

  test('holds what is due, and gets it once it is enabled', async () => {
    await past('failed', 10);
    await run();
    const event = await rig.publish(tenant, { type: 'ticket.created' });
    const own = async () =>
      (await rig.deliveries(tenant)).find(({ event_id }) => event_id === event.id);
    expect(await own()).toMatchObject({ status: 'held', hold_reason: 'endpoint_disabled' });
    await enable();
    await rig.hasten(tenant);
    await eventually(async () => expect(await own()).toMatchObject({ status: 'delivered' }));
  });

  test('is not disabled again for what failed before it was enabled', async () => {
    await past('failed', 10);
    await run();
    await enable();
    await run();
    expect(await standing()).toMatchObject({ status: 'active', auto_disabled_at: null });
    await past('failed', 10, 0);
    await run();
    expect(await standing()).toMatchObject({ status: 'disabled' });
  });
});
