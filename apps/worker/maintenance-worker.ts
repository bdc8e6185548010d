import { Worker, type NativeConnection } from '@temporalio/worker';
import { makeMaintenanceActivities } from '../../activities/maintenance/activities.ts';
import type { Pool } from '../../shared/db/pool.ts';
import type { WorkflowBundle } from './inbound-worker.ts';
import { queueLimits, queueNames } from './queues.ts';

export interface MaintenanceWorkerOptions {
  readonly connection: NativeConnection;
  readonly namespace: string;
  readonly taskQueuePrefix: string;
  readonly workflowBundle: WorkflowBundle;
  readonly pool: Pool;
}

/** A worker of the maintenance queue. The caller runs it, shuts it down and awaits its end. */
export function makeMaintenanceWorker(options: MaintenanceWorkerOptions): Promise<Worker> {
  return Worker.create({
    connection: options.connection,
    namespace: options.namespace,
    taskQueue: queueNames(options.taskQueuePrefix).maintenance,
    workflowBundle: options.workflowBundle,
    activities: makeMaintenanceActivities(options),
    ...queueLimits.maintenance,
  });
}
