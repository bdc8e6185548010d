import { randomUUID } from 'node:crypto';
import { Client, Connection, WorkflowFailedError } from '@temporalio/client';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { prepareNamespace } from '../../apps/bootstrap/namespace.ts';
import { scheduleId } from '../../apps/bootstrap/schedules.ts';
import { prepareTemporal } from '../../apps/bootstrap/temporal.ts';
import { queueNames } from '../../apps/worker/queues.ts';
import { loadTemporalConfig } from '../../shared/config/temporal.ts';
import { insertRejectedDelivery } from '../../shared/db/queries/inbound-deliveries.ts';
import { parseDeliveryId } from '../../shared/domain/ids.ts';
import { maintenanceName, type MaintenanceInput } from '../../workflows/maintenance/contract.ts';
import { eventually } from '../support/eventually.ts';
import { requestRecord } from '../support/factory.ts';
import { startTestStack, type TestStack } from '../support/stack.ts';

const dayMs = 86_400_000;
const prefix = `test-${randomUUID()}`;
const retentionSchedule = scheduleId(prefix, 'retention');
const frequentSchedule = scheduleId(prefix, 'frequent');

let stack: TestStack;
let connection: Connection;
let client: Client;

beforeAll(async () => {
  stack = await startTestStack({ env: { TIDEGATE_TASK_QUEUE: prefix } });
  connection = await Connection.connect({ address: inject('servers').temporalAddress });
  client = new Client({ connection });
});
afterAll(async () => {
  await client.schedule.getHandle(retentionSchedule).delete();
  await client.schedule.getHandle(frequentSchedule).delete();
  await connection.close();
  await stack.stop();
});

const prepare = (bodyDays: number) =>
  prepareTemporal(loadTemporalConfig({ TEMPORAL_ADDRESS: inject('servers').temporalAddress }), {
    TIDEGATE_TASK_QUEUE: prefix,
    TIDEGATE_BODY_RETENTION_DAYS: bodyDays,
    TIDEGATE_REJECTED_RETENTION_DAYS: 7,
    TIDEGATE_WORKFLOW_RETENTION_DAYS: 35,
    TIDEGATE_EVENT_RETENTION_DAYS: 30,
    TIDEGATE_DELIVERY_RETENTION_DAYS: 90,
  });

/** Requests that were not let in, ten days ago. */
async function rejectedOnes(count: number): Promise<void> {
  const tenant = await stack.factory.tenant();
  for (let made = 0; made < count; made += 1) {
    await stack.factory.withTenant(tenant.id, (tx) =>
      insertRejectedDelivery(
        tx,
        requestRecord(parseDeliveryId(uuidv7()), null),
        'rejected_no_auth',
        0,
      ),
    );
  }
  await stack.database.admin.query(
    `update inbound_deliveries set received_at = now() - interval '10 days'`,
  );
}

async function deliveries(): Promise<number> {
  const { rows } = await stack.database.admin.query<{ n: number }>(
    'select count(*)::integer as n from inbound_deliveries',
  );
  return rows[0]?.n ?? 0;
}

async function scheduledInput(): Promise<MaintenanceInput | undefined> {
  const { action } = await client.schedule.getHandle(retentionSchedule).describe();
  return action.args?.[0] as MaintenanceInput | undefined;
}

describe('the maintenance schedules', () => {
  test('S-138 are created once and brought up to date after, and a paused one stays paused', async () => {
    expect((await prepare(30)).schedules).toEqual({
      [retentionSchedule]: 'created',
      [frequentSchedule]: 'created',
    });
    const handle = client.schedule.getHandle(retentionSchedule);
    await handle.pause('an operator looks into something');
    expect((await prepare(14)).schedules).toEqual({
      [retentionSchedule]: 'updated',
      [frequentSchedule]: 'updated',
    });
    const { state, policies, spec } = await handle.describe();
    expect(state).toMatchObject({ paused: true, note: 'an operator looks into something' });
    expect(policies).toMatchObject({ overlap: 'SKIP', catchupWindow: 3_600_000 });
    expect(spec.intervals).toMatchObject([{ every: 3_600_000 }]);
    expect((await scheduledInput())?.jobs).toEqual([
      { name: 'cutBodies', olderThanMs: 14 * dayMs },
      { name: 'purgeRejected', olderThanMs: 7 * dayMs },
      { name: 'removeReservations', olderThanMs: 36 * dayMs },
      { name: 'cutSamples', olderThanMs: 14 * dayMs },
      { name: 'removeAnswers', olderThanMs: 0 },
      { name: 'removeEvents', olderThanMs: 30 * dayMs },
      { name: 'removeAssistantRuns', olderThanMs: 30 * dayMs },
      { name: 'expireDeliveries', olderThanMs: 90 * dayMs },
      { name: 'removeDeliveries', olderThanMs: 90 * dayMs },
    ]);
    await handle.unpause();
  });

  test('S-138 look after rotations, failing endpoints and replays every five minutes, one run at a time', async () => {
    await prepare(30);
    const { policies, spec, action } = await client.schedule.getHandle(frequentSchedule).describe();
    expect(policies).toMatchObject({ overlap: 'SKIP', catchupWindow: 300_000 });
    expect(spec.intervals).toMatchObject([{ every: 300_000 }]);
    const input = action.args?.[0] as MaintenanceInput;
    expect(input.jobs.map(({ name }) => name)).toEqual([
      'startRotations',
      'tendRotations',
      'sealLegacySecrets',
      'disableFailing',
      'sendNotices',
      'startReplays',
      'expireClaims',
    ]);
    const { workflowId } = (await client.schedule.getHandle(frequentSchedule).describe()).action;
    expect(workflowId).toBe(`maintenance/${prefix}/frequent`);
  });

  test('S-012 S-138 run their jobs on a worker of the installation', async () => {
    await prepare(30);
    await rejectedOnes(3);
    await client.schedule.getHandle(retentionSchedule).trigger();
    await eventually(async () => expect(await deliveries()).toBe(0));
  });
});

describe('a maintenance run', () => {
  const execute = (jobs: MaintenanceInput['jobs'], rowsMax: number) =>
    client.workflow.execute(maintenanceName, {
      workflowId: `maintenance-${randomUUID()}`,
      taskQueue: queueNames(prefix).maintenance,
      args: [
        {
          jobs,
          limits: { rowsMax, pauseMs: 1, timeMaxMs: 0 },
          callsMax: 3,
        } satisfies MaintenanceInput,
      ],
    });

  test('goes on until nothing is left, or its calls are used up', async () => {
    const jobs = [{ name: 'purgeRejected', olderThanMs: dayMs }] as const;
    await rejectedOnes(8);
    expect(await execute(jobs, 2)).toEqual({ purgeRejected: 6 });
    expect(await execute(jobs, 2)).toEqual({ purgeRejected: 2 });
  });

  test('in which one job fails still runs the others, and fails naming it', async () => {
    await rejectedOnes(1);
    const failed = execute(
      [
        // More milliseconds than the database can count.
        { name: 'cutBodies', olderThanMs: Number.MAX_VALUE },
        { name: 'purgeRejected', olderThanMs: dayMs },
      ],
      10,
    );
    await expect(failed).rejects.toThrow(WorkflowFailedError);
    await expect(failed).rejects.toMatchObject({
      cause: { type: 'maintenance_failed', message: expect.stringMatching(/^cutBodies: /) },
    });
    expect(await deliveries()).toBe(0);
  });
});

describe('the namespace', () => {
  test('is registered when it is missing; its retention is raised, and never lowered', async () => {
    const namespace = `ops-${randomUUID()}`;
    const ensure = (days: number) => prepareNamespace(connection, namespace, days * dayMs);
    expect(await ensure(31)).toEqual({ change: 'registered', retentionMs: 31 * dayMs });
    expect(await ensure(35)).toEqual({ change: 'retention raised', retentionMs: 35 * dayMs });
    expect(await ensure(31)).toEqual({ change: 'none', retentionMs: 35 * dayMs });
  });
});
