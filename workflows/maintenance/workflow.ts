import {
  ApplicationFailure,
  isCancellation,
  proxyActivities,
  rootCause,
} from '@temporalio/workflow';
import type { MaintenanceActivities } from '../../activities/maintenance/contract.ts';
import type { MaintenanceInput, MaintenanceResult } from './contract.ts';

/** A call ends by itself after seconds; what a killed worker held is taken over after this time. */
const { runMaintenanceJob } = proxyActivities<MaintenanceActivities>({
  startToCloseTimeout: '45s',
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumAttempts: 3 },
});

/**
 * One run of a maintenance schedule. A job that keeps failing fails the run, after the others had
 * their turn, so that an operator sees it in the Temporal UI; the next run tries again.
 */
export async function maintenance(input: MaintenanceInput): Promise<MaintenanceResult> {
  const result: MaintenanceResult = {};
  const failures: string[] = [];
  for (const job of input.jobs) {
    try {
      result[job.name] = await runToEnd(job, input);
    } catch (error) {
      if (isCancellation(error)) throw error;
      failures.push(`${job.name}: ${rootCause(error) ?? 'unknown'}`);
    }
  }
  if (failures.length === 0) return result;
  throw ApplicationFailure.create({
    type: 'maintenance_failed',
    message: failures.join('; '),
    nonRetryable: true,
    details: [result],
  });
}

async function runToEnd(
  job: MaintenanceInput['jobs'][number],
  { limits, callsMax }: MaintenanceInput,
): Promise<number> {
  let rows = 0;
  for (let calls = 0; calls < callsMax; calls += 1) {
    const progress = await runMaintenanceJob({ ...job, ...limits });
    rows += progress.rows;
    if (progress.isDone) break;
  }
  return rows;
}
