import {
  ScheduleAlreadyRunning,
  ScheduleOverlapPolicy,
  type Client,
  type ScheduleOptions,
} from '@temporalio/client';
import { maintenanceName } from '../../workflows/maintenance/contract.ts';
import {
  maintenanceSchedules,
  type MaintenanceSchedule,
  type RetentionAges,
} from '../../workflows/maintenance/policy.ts';
import { queueNames } from '../worker/queues.ts';

/** The id of a schedule: installations that share a namespace have prefixes of their own. */
export const scheduleId = (taskQueuePrefix: string, name: string): string =>
  `${taskQueuePrefix}-maintenance-${name}`;

/** The ids of all maintenance schedules of an installation. */
export const maintenanceScheduleIds = (taskQueuePrefix: string): readonly string[] =>
  // Ages do not change which schedules there are.
  maintenanceSchedules(anyAges).map(({ name }) => scheduleId(taskQueuePrefix, name));

const anyAges: RetentionAges = {
  bodyMs: 0,
  rejectedMs: 0,
  workflowMs: 0,
  eventMs: 0,
  deliveryMs: 0,
};

/**
 * Creates the maintenance schedules, or brings those that exist to what this version wants; whether
 * an operator paused one stays as it is. Safe to repeat. Returns the ids with what was done.
 *
 * The server runs each once for the whole installation, however many workers there are (S-138).
 */
export async function prepareSchedules(
  client: Client,
  taskQueuePrefix: string,
  ages: RetentionAges,
): Promise<Record<string, 'created' | 'updated'>> {
  const done: Record<string, 'created' | 'updated'> = {};
  for (const schedule of maintenanceSchedules(ages)) {
    const options = scheduleOptions(taskQueuePrefix, schedule);
    done[options.scheduleId] = await createOrUpdate(client, options);
  }
  return done;
}

function scheduleOptions(taskQueuePrefix: string, schedule: MaintenanceSchedule) {
  const { name, everyMs, input } = schedule;
  return {
    scheduleId: scheduleId(taskQueuePrefix, name),
    spec: { intervals: [{ every: everyMs }] },
    action: {
      type: 'startWorkflow',
      workflowType: maintenanceName,
      // The server appends the time of the run.
      workflowId: `maintenance/${taskQueuePrefix}/${name}`,
      taskQueue: queueNames(taskQueuePrefix).maintenance,
      args: [input],
      staticSummary: `Maintenance: ${input.jobs.map((job) => job.name).join(', ')}`,
    },
    policies: {
      // What an earlier run has not finished, it still does.
      overlap: ScheduleOverlapPolicy.SKIP,
      // After an outage one run catches up with all that is due: missed ones need no repeating.
      catchupWindow: everyMs,
    },
  } as const satisfies ScheduleOptions;
}

async function createOrUpdate(
  client: Client,
  options: ReturnType<typeof scheduleOptions>,
): Promise<'created' | 'updated'> {
  try {
    await client.schedule.create(options);
    return 'created';
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
    const { spec, action, policies } = options;
    await client.schedule
      .getHandle(options.scheduleId)
      .update((previous) => ({ ...previous, spec, action, policies }));
    return 'updated';
  }
}
