import { randomUUID } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { freePort } from '../../apps/dev/ports.ts';
import { makeOutcomeHub } from '../../apps/gateway/receiver/outcome-hub.ts';
import { makeRefuseStart } from '../../apps/gateway/receiver/refuse-start.ts';
import { makeSeeThrough } from '../../apps/gateway/receiver/see-through.ts';
import { makeRightOfWay } from '../../apps/gateway/receiver/right-of-way.ts';
import { makeSettle } from '../../apps/gateway/receiver/settle.ts';
import {
  boundStarter,
  makeStarter,
  type Starter,
  type StartRequest,
  type StartResult,
} from '../../apps/gateway/receiver/starter.ts';
import { startSweeper, type Sweeper } from '../../apps/gateway/receiver/sweeper.ts';
import { makePool, type Pool } from '../../shared/db/pool.ts';
import { makeLogger } from '../../shared/telemetry/logger.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { makeFactory, type Factory, type TestHook } from '../support/factory.ts';

const log = makeLogger({ level: 'silent', name: 'test' });
const way = makeRightOfWay({ nowMs: () => performance.now() });

let database: TestDatabase;
let factory: Factory;
let pool: Pool;
let hook: TestHook;

beforeAll(async () => {
  database = await createTestDatabase();
  factory = makeFactory(database.appUrl, `k:${Buffer.alloc(32, 1).toString('base64')}`);
  pool = makePool({
    connectionString: database.appUrl,
    connectionsMax: 4,
    applicationName: 'test',
    acquireTimeoutMs: 5_000,
    statementTimeoutMs: 10_000,
    onError: () => undefined,
  });
  hook = await factory.hook(await factory.tenant());
});
afterAll(async () => {
  await pool.end();
  await factory.close();
  await database.drop();
});

async function committed(): Promise<StartRequest> {
  const deliveryId = await factory.delivery(hook, {});
  const workflowId = `in/${hook.tenant.slug}/${hook.slug}/${deliveryId}`;
  return { tenantId: hook.tenant.id, deliveryId, workflowId };
}

async function rowOf(deliveryId: string): Promise<Record<string, unknown>> {
  const { rows } = await database.admin.query<Record<string, unknown>>(
    'select dispatch_status, outcome, start_faults from inbound_deliveries where id = $1',
    [deliveryId],
  );
  return rows[0] ?? {};
}

const started: StartResult = {
  kind: 'started',
  isLocal: false,
  result: () => new Promise(() => {}),
};
const cause = new Error('as the test wants');

/** One that answers every start alike, and is there. */
const always = (result: StartResult): Starter => ({
  start: () => Promise.resolve(result),
  isReachable: () => Promise.resolve(true),
});

describe('the start of an accepted delivery', () => {
  /** A namespace without the search attributes, as before the bootstrap job ran. */
  async function bareNamespace(connection: Connection): Promise<string> {
    const namespace = `bare-${randomUUID()}`;
    const seconds = 24 * 60 * 60;
    await connection.workflowService.registerNamespace({
      namespace,
      workflowExecutionRetentionPeriod: { seconds: seconds as unknown as Long },
    });
    return namespace;
  }

  test('that Temporal refuses for good fails the delivery with start_refused and the reason', async () => {
    const connection = await Connection.connect({ address: inject('servers').temporalAddress });
    const namespace = await bareNamespace(connection);
    const client = new Client({ connection, namespace });
    const starter = makeStarter({
      client: () => client,
      taskQueue: 'test',
      budgetMs: 5_000,
      isEager: false,
    });
    const request = await committed();
    // A namespace takes a moment to be known to the whole server.
    const result = await eventually(async () => {
      const result = await starter.start(request);
      expect(result).toMatchObject({ kind: 'refused' });
      return result;
    });
    expect(result).toMatchObject({ reason: expect.stringContaining('search attribute') });

    const hub = makeOutcomeHub();
    const settle = makeSettle({
      starter,
      seeThrough: makeSeeThrough({ starter, hub, way }),
      refuseStart: makeRefuseStart(factory.withTenant),
      hub,
      way,
      log,
      outcomeWaitMs: 1_000,
    });
    expect(await settle(request, 'await-outcome')).toMatchObject({ code: 'start_refused' });
    expect(await rowOf(request.deliveryId)).toMatchObject({
      dispatch_status: 'failed',
      outcome: { code: 'start_refused', message: expect.stringContaining('search attribute') },
    });
    await connection.close();
  });

  test('while nothing answers is left to the sweeper', async () => {
    const connection = Connection.lazy({ address: `127.0.0.1:${await freePort()}` });
    const client = new Client({ connection });
    const starter = makeStarter({
      client: () => client,
      taskQueue: 'test',
      budgetMs: 200,
      isEager: false,
    });
    expect(await starter.start(await committed())).toMatchObject({ kind: 'unreachable' });
    await connection.close();
  });

  test('beyond the bound is left to the sweeper, and a slot that is free again is used', async () => {
    const gate = Promise.withResolvers<StartResult>();
    let asked = 0;
    const inner: Starter = {
      ...always(started),
      start() {
        asked += 1;
        return asked <= 2 ? gate.promise : Promise.resolve(started);
      },
    };
    const starter = boundStarter(inner, { slots: 2, waitMs: 20 });
    const request = await committed();
    const underWay = [starter.start(request), starter.start(request)];
    expect(await starter.start(request)).toEqual({ kind: 'busy' });
    expect(asked).toBe(2);
    gate.resolve(started);
    await Promise.all(underWay);
    expect(await starter.start(request)).toEqual(started);
  });
});

describe('the sweeper', () => {
  /** One that looks only when it is told to: its own first look is over, and there is no other. */
  async function makeSweeper(starter: Starter): Promise<Sweeper> {
    const sweeper = startSweeper({
      pool,
      withTenant: factory.withTenant,
      starter,
      seeThrough: makeSeeThrough({ starter, hub: makeOutcomeHub(), way }),
      refuseStart: makeRefuseStart(factory.withTenant),
      log,
      intervalMs: 3_600_000,
    });
    await sweeper.stop();
    return sweeper;
  }

  const makeDue = (ids: readonly string[]) =>
    database.admin.query('update inbound_deliveries set start_due_at = now() where id = any($1)', [
      ids,
    ]);

  test('fails a delivery whose start is refused, and looks at it no more', async () => {
    const sweeper = await makeSweeper(always({ kind: 'refused', reason: 'It is too large.' }));
    const { deliveryId } = await committed();
    await makeDue([deliveryId]);
    await sweeper.sweep();
    expect(await rowOf(deliveryId)).toMatchObject({
      dispatch_status: 'failed',
      outcome: { code: 'start_refused', message: 'It is too large.' },
    });
  });

  test('fails a delivery whose start met 21 faults, and not sooner', async () => {
    const sweeper = await makeSweeper(always({ kind: 'faulty', cause }));
    const { deliveryId } = await committed();
    for (let fault = 1; fault <= 20; fault += 1) {
      await makeDue([deliveryId]);
      await sweeper.sweep();
    }
    expect(await rowOf(deliveryId)).toMatchObject({ dispatch_status: 'pending', start_faults: 20 });
    await makeDue([deliveryId]);
    await sweeper.sweep();
    expect(await rowOf(deliveryId)).toMatchObject({
      dispatch_status: 'failed',
      outcome: {
        code: 'start_refused',
        message: '21 starts failed. Temporal answered: as the test wants',
      },
    });
  });

  test('S-005 keeps a delivery pending for as long as Temporal is away', async () => {
    const sweeper = await makeSweeper(always({ kind: 'unreachable', cause }));
    const { deliveryId } = await committed();
    for (let look = 1; look <= 30; look += 1) {
      await makeDue([deliveryId]);
      await sweeper.sweep();
    }
    expect(await rowOf(deliveryId)).toMatchObject({ dispatch_status: 'pending', start_faults: 0 });
  });
});
