import type { Client } from '@temporalio/client';
import proto from '@temporalio/proto';
import { tsToMs } from '@temporalio/common/lib/time.js';
import type { HealthCheck } from '../../shared/telemetry/health.ts';

const { TaskQueueType } = proto.temporal.api.enums.v1;

/** A worker asks for work at least once a minute; the server lists those of the last five. */
const freshMs = 120_000;
/** Health is asked for every few seconds, by more than one asker; the server once in this time. */
const rememberedMs = 10_000;
const askTimeoutMs = 1_000;

/**
 * Whether each task queue has a worker, wherever it runs. Says which have none: what waits on them
 * is safe and does not move. `nowMs` is the wall clock in milliseconds, as the server's stamps are.
 */
export function makePollerCheck(deps: {
  readonly client: () => Client | undefined;
  readonly taskQueues: readonly string[];
  readonly nowMs: () => number;
}): HealthCheck {
  let known: { readonly trouble: string | undefined; readonly staleAtMs: number } | undefined;
  return async () => {
    const client = deps.client();
    if (client === undefined) return 'Temporal has not been reached yet';
    if (known !== undefined && known.staleAtMs > deps.nowMs()) return known.trouble;
    // An answer that Temporal owes is remembered as well: health must stay quick while it is away.
    const trouble = await findIdle(client, deps.taskQueues, deps.nowMs()).catch(String);
    known = { trouble, staleAtMs: deps.nowMs() + rememberedMs };
    return trouble;
  };
}

async function findIdle(
  client: Client,
  taskQueues: readonly string[],
  nowMs: number,
): Promise<string | undefined> {
  const served = await Promise.all(taskQueues.map((queue) => hasPoller(client, queue, nowMs)));
  const idle = taskQueues.filter((_queue, index) => served[index] !== true);
  return idle.length === 0 ? undefined : `no worker serves ${idle.join(', ')}`;
}

async function hasPoller(client: Client, taskQueue: string, nowMs: number): Promise<boolean> {
  const { pollers } = await client.withDeadline(Date.now() + askTimeoutMs, () =>
    client.workflowService.describeTaskQueue({
      namespace: client.options.namespace,
      taskQueue: { name: taskQueue },
      taskQueueType: TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
    }),
  );
  return pollers.some(({ lastAccessTime }) => nowMs - tsToMs(lastAccessTime) < freshMs);
}
