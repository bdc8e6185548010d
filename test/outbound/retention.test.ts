import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { MaintenanceJobName } from '../../activities/maintenance/contract.ts';
import type { Pool } from '../../shared/db/pool.ts';
import { publishEvent } from '../../shared/outbound/publish-event.ts';
import { createTestDatabase, type TestDatabase, openAppPool } from '../support/database.ts';
import { makeFactory, type Factory, type TestTenant } from '../support/factory.ts';
import { maintenanceActivities } from '../support/maintenance.ts';
import { makeEndpoint, type TestEndpoint } from '../support/outbound.ts';
import { pastDelivery } from '../support/past-deliveries.ts';

const dayMs = 86_400_000;
const masterKeys = `k:${Buffer.alloc(32, 1).toString('base64')}`;

let database: TestDatabase;
let factory: Factory;
let pool: Pool;
let tenant: TestTenant;
let endpoint: TestEndpoint;

beforeAll(async () => {
  database = await createTestDatabase();
  factory = makeFactory(database.appUrl, masterKeys);
  pool = openAppPool(database.appUrl, 4);
});
afterAll(async () => {
  await factory.close();
  await pool.end();
  await database.drop();
});
beforeEach(async () => {
  tenant = await factory.tenant();
  endpoint = await makeEndpoint(factory.withTenant, masterKeys, tenant.id, {
    url: 'https://example.test/hook',
  });
});

const run = (name: MaintenanceJobName, ageDays: number, rowsMax = 1_000) =>
  maintenanceActivities(pool, factory).runMaintenanceJob({
    name,
    olderThanMs: ageDays * dayMs,
    rowsMax,
    pauseMs: 1,
    timeMaxMs: 60_000,
  });

/** An event with its one delivery, as old as it says. */
async function event(ageDays: number): Promise<string> {
  const published = await factory.withTenant(tenant.id, (tx) =>
    publishEvent(tx, {
      type: 'ticket.created',
      objectType: 'ticket',
      objectId: 't-1',
      deliveryId: null,
      data: { number: 7 },
    }),
  );
  await database.admin.query(
    'update events set occurred_at = occurred_at - make_interval(days => $2) where id = $1',
    [published?.id, ageDays],
  );
  return published?.id ?? '';
}

async function count(table: 'events' | 'outbound_deliveries' | 'outbound_attempts') {
  const { rows } = await database.admin.query<{ n: number }>(
    `select count(*)::integer as n from ${table} where tenant_id = $1`,
    [tenant.id],
  );
  return rows[0]?.n;
}

describe('events', () => {
  test('S-137 go after 30 days, and their deliveries stay as they are', async () => {
    const old = await event(31);
    const young = await event(29);
    expect(await run('removeEvents', 30)).toEqual({ rows: 1, isDone: true });
    const { rows } = await database.admin.query('select id from events where tenant_id = $1', [
      tenant.id,
    ]);
    expect(rows).toEqual([{ id: young }]);
    const deliveries = await database.admin.query(
      `select event_id, status, body like '%"number":7%' as is_whole from outbound_deliveries
       where tenant_id = $1 order by id`,
      [tenant.id],
    );
    expect(deliveries.rows).toEqual([
      { event_id: old, status: 'pending', is_whole: true },
      { event_id: young, status: 'pending', is_whole: true },
    ]);
  });
});

describe('outbound deliveries', () => {
  test('S-137 go 90 days after their end, with their attempts', async () => {
    const old = await pastDelivery(database, tenant, endpoint.id, {
      status: 'delivered',
      agoMs: 91 * dayMs,
    });
    await pastDelivery(database, tenant, endpoint.id, { status: 'failed', agoMs: 89 * dayMs });
    await database.admin.query(
      `insert into outbound_attempts (tenant_id, delivery_id, number, endpoint_id, lease_until, url)
       values ($1, $2, 1, $3, now(), 'https://example.test')`,
      [tenant.id, old, endpoint.id],
    );
    expect(await run('removeDeliveries', 90)).toEqual({ rows: 1, isDone: true });
    expect(await count('outbound_deliveries')).toBe(1);
    expect(await count('outbound_attempts')).toBe(0);
    expect(await run('removeDeliveries', 90)).toEqual({ rows: 0, isDone: true });
  });

  test('S-138 go in batches, and twice at once each one time', async () => {
    for (let made = 0; made < 20; made += 1) {
      await pastDelivery(database, tenant, endpoint.id, {
        status: 'delivered',
        agoMs: 91 * dayMs,
      });
    }
    const results = await Promise.all([
      run('removeDeliveries', 90, 3),
      run('removeDeliveries', 90, 3),
    ]);
    const left = await run('removeDeliveries', 90);
    expect(results.reduce((sum, { rows }) => sum + rows, left.rows)).toBe(20);
  });

  test('that are open never go, but end as failed, visibly and told, at that age', async () => {
    const old = await pastDelivery(database, tenant, endpoint.id, {
      status: 'held',
      agoMs: 91 * dayMs,
    });
    await pastDelivery(database, tenant, endpoint.id, { status: 'held', agoMs: 89 * dayMs });
    expect(await run('removeDeliveries', 90)).toEqual({ rows: 0, isDone: true });
    const [first, second] = await Promise.all([
      run('expireDeliveries', 90),
      run('expireDeliveries', 90),
    ]);
    expect([first.isDone, second.isDone]).toEqual([true, true]);
    const { rows } = await database.admin.query(
      `select id, failure_code, settled_at from outbound_deliveries
       where tenant_id = $1 and status = 'failed'`,
      [tenant.id],
    );
    expect(rows).toEqual([{ id: old, failure_code: 'expired', settled_at: expect.any(Date) }]);
    const told = await database.admin.query(
      `select data ->> 'code' as code from events where tenant_id = $1 and type = 'delivery.failed'`,
      [tenant.id],
    );
    expect(told.rowCount).toBe(1);
    expect(await run('expireDeliveries', 90)).toEqual({ rows: 0, isDone: true });
  });
});

describe('the functions of the jobs', () => {
  test('S-127 delete no open delivery, whatever they are asked', async () => {
    await pastDelivery(database, tenant, endpoint.id, { status: 'held' });
    const client = await database.admin.connect();
    try {
      await client.query('begin; set local role tidegate_system');
      await client.query('delete from outbound_deliveries');
      await client.query('reset role');
      const { rows } = await client.query(
        'select status from outbound_deliveries where tenant_id = $1',
        [tenant.id],
      );
      expect(rows).toEqual([{ status: 'held' }]);
    } finally {
      await client.query('rollback');
      client.release();
    }
  });

  test('S-127 give the application no sight of other tenants', async () => {
    await pastDelivery(database, tenant, endpoint.id, { status: 'held', agoMs: 91 * dayMs });
    const { rows } = await pool.query('select * from old_open_deliveries(0, 10)');
    expect(Object.keys(rows[0] as object)).toEqual(['tenant_id', 'delivery_id']);
    expect((await pool.query('select id from outbound_deliveries')).rows).toEqual([]);
  });

  test('find what is due by their indexes among many that are not', async () => {
    await database.admin.query(
      `insert into outbound_deliveries (tenant_id, id, endpoint_id, event_id, event_type, body,
         occurred_at, retry, status, attempts, delivered_at, settled_at, created_at)
       select $1, gen_random_uuid(), $2, gen_random_uuid(), 'ticket.created', '{}', n.at, '{}',
         'delivered', 1, n.at, n.at, n.at
       from (
         select now() - make_interval(secs => place * 12) as at from generate_series(1, 20000) place
       ) n`,
      [tenant.id, endpoint.id],
    );
    await database.admin.query(
      `insert into outbound_deliveries (tenant_id, id, endpoint_id, event_id, event_type, body,
         occurred_at, retry, status, attempts, failure_code, settled_at, created_at)
       select $1, gen_random_uuid(), $2, gen_random_uuid(), 'ticket.created', '{}', n.at, '{}',
         'failed', 1, 'attempts_exhausted', n.at, n.at
       from (
         select now() - make_interval(hours => place) as at from generate_series(1, 400) place
       ) n`,
      [tenant.id, endpoint.id],
    );
    await database.admin.query('vacuum analyze outbound_deliveries');
    const plans = {
      outbound_deliveries_open: `select id from outbound_deliveries
        where settled_at is null and created_at <= now() order by created_at limit 10`,
      outbound_deliveries_failed: `select tenant_id, endpoint_id, count(*) from outbound_deliveries
        where status = 'failed' and settled_at > now() - interval '72 hours' group by 1, 2`,
      outbound_deliveries_settled_at: `select id from outbound_deliveries
        where settled_at <= now() - interval '90 days' order by settled_at limit 10`,
    };
    for (const [index, query] of Object.entries(plans)) {
      const { rows } = await database.admin.query<{ 'QUERY PLAN': string }>(`explain ${query}`);
      expect(rows.map((row) => row['QUERY PLAN']).join('\n')).toContain(index);
    }
  });
});
