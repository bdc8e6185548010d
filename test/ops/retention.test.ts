import { createHash, randomUUID } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { MaintenanceJobName } from '../../activities/maintenance/contract.ts';
import type { Pool } from '../../shared/db/pool.ts';
import {
  acceptDelivery,
  deliveryLedger,
  insertRejectedDelivery,
} from '../../shared/db/queries/inbound-deliveries.ts';
import { keepAnswer } from '../../shared/db/queries/idempotency-keys.ts';
import { armCapture, captureSample, findSample } from '../../shared/db/queries/hook-samples.ts';
import type { DispatchOutcome } from '../../shared/domain/outcome.ts';
import { parseDeliveryId, type DeliveryId } from '../../shared/domain/ids.ts';
import { createTestDatabase, type TestDatabase, openAppPool } from '../support/database.ts';
import {
  acceptedRequest,
  makeFactory,
  requestRecord,
  type Factory,
  type TestHook,
} from '../support/factory.ts';
import { maintenanceActivities } from '../support/maintenance.ts';

let database: TestDatabase;
let factory: Factory;
let pool: Pool;
let hook: TestHook;

const dayMs = 86_400_000;
const dispatched: DispatchOutcome = {
  status: 'dispatched',
  action: 'createTicket',
  entityType: 'ticket',
  entityId: randomUUID(),
};

beforeAll(async () => {
  database = await createTestDatabase();
  factory = makeFactory(database.appUrl, `k:${Buffer.alloc(32, 1).toString('base64')}`);
  pool = openAppPool(database.appUrl);
  hook = await factory.hook(await factory.tenant());
});
afterAll(async () => {
  await factory.close();
  await pool.end();
  await database.drop();
});

interface AcceptOptions {
  readonly body?: Buffer;
  readonly key?: string | null;
  readonly ageDays?: number;
  readonly isPending?: boolean;
}

/** A delivery that was accepted and, unless it is pending, dispatched some days ago. */
async function delivered(of: TestHook, options: AcceptOptions = {}): Promise<DeliveryId> {
  const { body = Buffer.from('{}'), key = null, ageDays = 0, isPending = false } = options;
  const request = acceptedRequest(of, { body, idempotencyKey: key });
  const { id } = request;
  await factory.withTenant(of.tenant.id, async (tx) => {
    await acceptDelivery(tx, request);
    if (!isPending) await deliveryLedger(id).record(tx, dispatched);
  });
  await age(id, ageDays);
  return id;
}

async function rejected(of: TestHook, ageDays: number): Promise<DeliveryId> {
  const id = parseDeliveryId(uuidv7());
  await factory.withTenant(of.tenant.id, (tx) =>
    insertRejectedDelivery(tx, requestRecord(id, of.id), 'rejected_signature', 0),
  );
  await age(id, ageDays);
  return id;
}

/** Makes a delivery and its reservation as old as if it had come in some days ago. */
async function age(id: DeliveryId, ageDays: number): Promise<void> {
  await database.admin.query(
    `update inbound_deliveries set received_at = received_at - make_interval(days => $2),
       dispatched_at = dispatched_at - make_interval(days => $2) where id = $1`,
    [id, ageDays],
  );
  await database.admin.query(
    `update inbound_reservations set expires_at = expires_at - make_interval(days => $2)
     where delivery_id = $1`,
    [id, ageDays],
  );
}

async function find(id: DeliveryId): Promise<Record<string, unknown> | undefined> {
  const { rows } = await database.admin.query<Record<string, unknown>>(
    'select * from inbound_deliveries where id = $1',
    [id],
  );
  return rows[0];
}

async function isReserved(key: string): Promise<boolean> {
  const { rowCount } = await database.admin.query(
    'select from inbound_reservations where key = $1',
    [key],
  );
  return rowCount === 1;
}

const run = (name: MaintenanceJobName, ageDays: number, rowsMax = 1_000) =>
  maintenanceActivities(pool, factory).runMaintenanceJob({
    name,
    olderThanMs: ageDays * dayMs,
    rowsMax,
    pauseMs: 1,
    timeMaxMs: 60_000,
  });

describe('cutting bodies', () => {
  const long = Buffer.alloc(5_000, 'a');

  test('S-136 keeps the first 1,024 bytes of an old body, with status, key and SHA-256', async () => {
    const id = await delivered(hook, { body: long, key: 'cut', ageDays: 31 });
    const before = await find(id);
    await run('cutBodies', 30);
    const { body, body_truncated_at: cutAt, ...kept } = (await find(id)) ?? {};
    expect(body).toEqual(long.subarray(0, 1_024));
    expect(cutAt).toBeInstanceOf(Date);
    expect({ ...before, ...kept }).toEqual(before);
    expect(kept).toMatchObject({
      dispatch_status: 'dispatched',
      idempotency_key: 'cut',
      body_sha256: createHash('sha256').update(long).digest(),
    });
  });

  test('S-136 leaves younger, shorter and pending ones as they are', async () => {
    const ids = [
      await delivered(hook, { body: long, ageDays: 29 }),
      await delivered(hook, { body: long.subarray(0, 1_024), ageDays: 90 }),
      await delivered(hook, { body: long, ageDays: 90, isPending: true }),
    ];
    const before = await Promise.all(ids.map(find));
    expect(await run('cutBodies', 30)).toEqual({ rows: 0, isDone: true });
    expect(await Promise.all(ids.map(find))).toEqual(before);
  });

  test('S-136 S-138 goes through all tenants in batches, and finds nothing the second time', async () => {
    const others = await Promise.all([factory.tenant(), factory.tenant()]);
    const hooks = await Promise.all(others.map((tenant) => factory.hook(tenant)));
    for (const of of [...hooks, ...hooks, hook]) await delivered(of, { body: long, ageDays: 31 });
    expect(await run('cutBodies', 30, 2)).toEqual({ rows: 5, isDone: true });
    expect(await run('cutBodies', 30, 2)).toEqual({ rows: 0, isDone: true });
  });

  test('S-138 twice at the same time cuts each body once', async () => {
    for (let count = 0; count < 20; count += 1) await delivered(hook, { body: long, ageDays: 31 });
    const results = await Promise.all([run('cutBodies', 30, 3), run('cutBodies', 30, 3)]);
    const left = await run('cutBodies', 30);
    expect(results.reduce((sum, { rows }) => sum + rows, left.rows)).toBe(20);
  });

  test('stops when its time is over and says that there may be more', async () => {
    for (let count = 0; count < 4; count += 1) await delivered(hook, { body: long, ageDays: 31 });
    const hurried = await maintenanceActivities(pool, factory).runMaintenanceJob({
      name: 'cutBodies',
      olderThanMs: 30 * dayMs,
      rowsMax: 2,
      pauseMs: 1,
      timeMaxMs: 0,
    });
    expect(hurried).toEqual({ rows: 2, isDone: false });
    expect(await run('cutBodies', 30)).toEqual({ rows: 2, isDone: true });
  });
});

describe('purging requests that were not let in', () => {
  test('S-012 deletes old ones sooner than verified deliveries, which stay', async () => {
    const old = await rejected(hook, 8);
    const young = await rejected(hook, 6);
    const verified = await delivered(hook, { ageDays: 400 });
    expect(await run('purgeRejected', 7)).toEqual({ rows: 1, isDone: true });
    expect(await find(old)).toBeUndefined();
    expect(await find(young)).toBeDefined();
    expect(await find(verified)).toBeDefined();
  });
});

describe('removing reservations', () => {
  test('S-136 removes those whose window and outcome are both past the age', async () => {
    await delivered(hook, { key: 'old', ageDays: 40 });
    await delivered(hook, { key: 'young', ageDays: 30 });
    await delivered(hook, { key: 'waiting', ageDays: 40, isPending: true });
    expect(await run('removeReservations', 36)).toEqual({ rows: 1, isDone: true });
    expect(await isReserved('old')).toBe(false);
    expect(await isReserved('young')).toBe(true);
    expect(await isReserved('waiting')).toBe(true);
  });

  test('keeps one whose delivery ended late: Temporal still knows its run', async () => {
    const id = await delivered(hook, { key: 'late', ageDays: 40 });
    await database.admin.query(
      'update inbound_deliveries set dispatched_at = now() where id = $1',
      [id],
    );
    expect(await run('removeReservations', 36)).toEqual({ rows: 0, isDone: true });
    expect(await isReserved('late')).toBe(true);
  });
});

describe('removing samples and kept answers', () => {
  const sample = { body: Buffer.from('{"name":"Ana"}'), headers: {}, query: {} };

  async function sampled(ageDays: number): Promise<TestHook> {
    const own = await factory.hook(hook.tenant);
    await factory.withTenant(own.tenant.id, async (tx) => {
      await armCapture(tx, own.id, 60);
      await captureSample(tx, own.id, sample);
    });
    await database.admin.query(
      `update hooks set sample_captured_at = sample_captured_at - make_interval(days => $2)
       where id = $1`,
      [own.id, ageDays],
    );
    return own;
  }

  test('S-136 S-041 takes an old sample away as a whole, and leaves a younger one', async () => {
    const [old, young] = [await sampled(31), await sampled(29)];
    expect(await run('cutSamples', 30)).toEqual({ rows: 1, isDone: true });
    const find = (of: TestHook) => factory.withTenant(of.tenant.id, (tx) => findSample(tx, of.id));
    expect(await find(old)).toBeUndefined();
    expect(await find(young)).toMatchObject({ body: sample.body });
    expect(await run('cutSamples', 30)).toEqual({ rows: 0, isDone: true });
  });

  test('S-019 deletes answers after their 24 hours, and none before', async () => {
    const callerId = randomUUID();
    const keep = (key: string, seconds: number) =>
      factory.withTenant(hook.tenant.id, (tx) =>
        keepAnswer(
          tx,
          { callerId, key },
          { fingerprint: Buffer.alloc(32), status: 200, sealedResponse: Buffer.of(1) },
          seconds,
        ),
      );
    await keep('over', -1);
    await keep('open', 60);
    expect(await run('removeAnswers', 0)).toEqual({ rows: 1, isDone: true });
    const { rows } = await database.admin.query('select key from idempotency_keys');
    expect(rows).toEqual([{ key: 'open' }]);
  });
});

describe('deleting a hook', () => {
  test('S-136 keeps its deliveries', async () => {
    const own = await factory.hook(hook.tenant);
    const ids = [await delivered(own, { key: 'kept' }), await rejected(own, 0)];
    const before = await Promise.all(ids.map(find));
    await factory.withTenant(hook.tenant.id, (tx) =>
      tx.query({ text: 'delete from hooks where id = $1::uuid', values: [own.id] }),
    );
    expect(await Promise.all(ids.map(find))).toEqual(before);
  });
});

describe('the functions of the jobs', () => {
  test('S-127 give the application no sight of other tenants', async () => {
    await delivered(hook, { body: Buffer.alloc(2_000), ageDays: 31 });
    const { rows } = await pool.query<{ n: unknown }>('select cut_inbound_bodies(0, 1000) as n');
    expect(rows).toEqual([{ n: expect.any(Number) }]);
    expect((await pool.query('select id from inbound_deliveries')).rows).toEqual([]);
  });

  test('S-127 run as a role that cannot log in, nor delete what was let in, whatever it is asked', async () => {
    await delivered(hook);
    await delivered(hook, { isPending: true });
    await rejected(hook, 0);
    const client = await database.admin.connect();
    try {
      await client.query('begin; set local role tidegate_system');
      await client.query('delete from inbound_deliveries');
      await client.query('reset role');
      const { rows } = await client.query(
        'select distinct auth_status, dispatch_status from inbound_deliveries order by 2',
      );
      expect(rows).toEqual([
        { auth_status: 'verified', dispatch_status: 'dispatched' },
        { auth_status: 'verified', dispatch_status: 'pending' },
      ]);
    } finally {
      await client.query('rollback');
      client.release();
    }
    const { rows } = await database.admin.query<{ rolcanlogin: boolean }>(
      `select rolcanlogin from pg_roles where rolname = 'tidegate_system'`,
    );
    expect(rows).toEqual([{ rolcanlogin: false }]);
  });
});
