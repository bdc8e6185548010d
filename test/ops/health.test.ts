import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { freePort } from '../../apps/dev/ports.ts';
import { startWorker, type WorkerProcess } from '../../apps/worker/worker.ts';
import { loadConfig } from '../../shared/config/load.ts';
import { loadTemporalConfig } from '../../shared/config/temporal.ts';
import { schemaVersion } from '../../shared/db/schema-version.ts';
import { makeLogger } from '../../shared/telemetry/logger.ts';
import { eventually } from '../support/eventually.ts';
import { startTestStack, type TestStack } from '../support/stack.ts';

const masterKeys = `k:${Buffer.alloc(32, 7).toString('base64')}`;
const taskQueue = `test-${randomUUID()}`;

let stack: TestStack;

// A gateway that serves no queue.
beforeAll(async () => {
  stack = await startTestStack({
    env: { TIDEGATE_TASK_QUEUE: taskQueue, TIDEGATE_INBOUND_WORKER: 'false' },
  });
});
afterAll(() => stack.stop());

interface Readiness {
  readonly code: number;
  readonly checks: Readonly<Record<string, string>>;
  readonly schema: string;
}

async function readiness(url: string): Promise<Readiness> {
  const response = await fetch(`${url}/readyz`);
  return { code: response.status, ...((await response.json()) as Omit<Readiness, 'code'>) };
}

const worker = (temporalAddress: string): Promise<WorkerProcess> =>
  startWorker(
    loadConfig({
      DATABASE_URL: stack.database.appUrl,
      TIDEGATE_MASTER_KEYS: masterKeys,
      TIDEGATE_TASK_QUEUE: taskQueue,
      TIDEGATE_WORKER_HEALTH_PORT: '0',
      TIDEGATE_WORKFLOW_BUNDLE: inject('servers').workflowBundle,
    }),
    loadTemporalConfig({ TEMPORAL_ADDRESS: temporalAddress }),
    makeLogger({ level: 'silent', name: 'test' }),
  );

describe('the readiness of a gateway', () => {
  test('names the schema, and queues that nobody serves, which do not keep it from accepting', async () => {
    expect(await readiness(stack.gateway.url)).toMatchObject({
      code: 200,
      schema: schemaVersion,
      checks: {
        database: 'ok',
        migrations: 'ok',
        pollers: `no worker serves ${taskQueue}-inbound, ${taskQueue}-outbound, ${taskQueue}-maintenance`,
      },
    });
  });

  test('ends while the database lacks a migration, saying which and what to do', async () => {
    const { admin } = stack.database;
    const row = (
      await admin.query<{ name: string; run_on: Date }>(
        'delete from schema_migrations where name = $1 returning name, run_on',
        [schemaVersion],
      )
    ).rows[0];
    expect(await readiness(stack.gateway.url)).toMatchObject({
      code: 503,
      checks: {
        migrations: `the database lacks ${schemaVersion}: run the bootstrap job of this version`,
      },
    });
    await expect(worker(inject('servers').temporalAddress)).rejects.toThrow(
      `refuses to start: the database lacks ${schemaVersion}`,
    );
    await admin.query('insert into schema_migrations (name, run_on) values ($1, $2)', [
      row?.name,
      row?.run_on,
    ]);
    expect((await readiness(stack.gateway.url)).code).toBe(200);
  });
});

describe('the readiness of a worker', () => {
  test('comes when it serves its queues, which gateways then see', async () => {
    const serving = await worker(inject('servers').temporalAddress);
    await eventually(async () => expect((await readiness(serving.url)).code).toBe(200), 60_000);
    const checks = { database: 'ok', migrations: 'ok', temporal: 'ok', pollers: 'ok' };
    await eventually(async () => expect((await readiness(serving.url)).checks).toEqual(checks));
    // A gateway asks the server every 10 s.
    await eventually(async () => {
      expect((await readiness(stack.gateway.url)).checks['pollers']).toBe('ok');
    }, 40_000);
    await serving.close();
  }, 120_000);

  test('does not come while Temporal is away, and the process stays alive', async () => {
    const waiting = await worker(`127.0.0.1:${await freePort()}`);
    expect(await readiness(waiting.url)).toMatchObject({ code: 503, checks: { database: 'ok' } });
    expect((await fetch(`${waiting.url}/livez`)).status).toBe(200);
    await waiting.close();
  });
});
