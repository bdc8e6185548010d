import { Client, Connection, ScheduleNotFoundError } from '@temporalio/client';
import type { TemporalConfig } from '../../shared/config/temporal.ts';
import { findRetention } from '../bootstrap/namespace.ts';
import { maintenanceScheduleIds } from '../bootstrap/schedules.ts';
import { wrongSearchAttributes } from '../bootstrap/temporal.ts';
import { makePollerCheck } from '../worker/pollers.ts';
import { fail, ok, type Finding } from './finding.ts';

const runBootstrap = 'run the bootstrap job of this version (npm run bootstrap)';
const connectTimeoutMs = 3_000;
const dayMs = 86_400_000;

export interface TemporalUnderTest {
  readonly connection: Connection;
  readonly client: Client;
  readonly namespace: string;
}

/** Runs a look at Temporal on a connection of its own. */
export async function withTemporal(
  { connectionOptions, namespace }: TemporalConfig,
  look: (temporal: TemporalUnderTest) => Promise<Finding>,
): Promise<Finding> {
  const connection = await Connection.connect({
    ...connectionOptions,
    connectTimeout: connectTimeoutMs,
  });
  try {
    return await look({ connection, namespace, client: new Client({ connection, namespace }) });
  } finally {
    await connection.close();
  }
}

/** Whether the namespace is there and remembers runs for as long as the installation wants. */
export async function namespaceFinding(
  { connection, namespace }: TemporalUnderTest,
  retentionDays: number,
): Promise<Finding> {
  const retentionMs = await findRetention(connection, namespace);
  if (retentionMs === undefined) return fail(`there is no namespace ${namespace}`, runBootstrap);
  const days = Math.floor(retentionMs / dayMs);
  if (days < retentionDays) {
    return fail(`namespace ${namespace} keeps runs for ${days} days only`, runBootstrap);
  }
  return ok(`namespace ${namespace} keeps runs for ${days} days`);
}

export async function searchAttributesFinding({
  connection,
  namespace,
}: TemporalUnderTest): Promise<Finding> {
  const wrong = await wrongSearchAttributes(connection, namespace);
  if (wrong.length === 0) return ok('registered');
  return fail(`missing or of another type: ${wrong.join(', ')}`, runBootstrap);
}

/** Whether the maintenance schedules exist and run. */
export async function schedulesFinding(
  { client }: TemporalUnderTest,
  taskQueuePrefix: string,
): Promise<Finding> {
  const ids = maintenanceScheduleIds(taskQueuePrefix);
  for (const id of ids) {
    try {
      const { state } = await client.schedule.getHandle(id).describe();
      if (!state.paused) continue;
      return fail(`${id} is paused`, `temporal schedule toggle --unpause --schedule-id ${id}`);
    } catch (error) {
      if (!(error instanceof ScheduleNotFoundError)) throw error;
      return fail(`${id} does not exist`, runBootstrap);
    }
  }
  return ok(ids.join(', '));
}

/** Whether each task queue has a worker. */
export async function workersFinding(
  { client }: TemporalUnderTest,
  taskQueues: readonly string[],
): Promise<Finding> {
  const trouble = await makePollerCheck({
    client: () => client,
    taskQueues,
    nowMs: () => Date.now(),
  })();
  if (trouble === undefined) return ok(`every queue is served: ${taskQueues.join(', ')}`);
  return fail(
    trouble,
    'start a worker (npm run worker), or a gateway with TIDEGATE_INBOUND_WORKER',
  );
}
