import { Worker, type NativeConnection } from '@temporalio/worker';
import { makeMaintenanceActivities } from '../../activities/maintenance/activities.ts';
import type { MaintenanceDeps } from '../../activities/maintenance/deps.ts';
import type { WorkflowBundle } from './inbound-worker.ts';
import { queueLimits, queueNames } from './queues.ts';

export interface MaintenanceWorkerOptions extends MaintenanceDeps {
  readonly connection: NativeConnection;
  readonly namespace: string;
  readonly taskQueuePrefix: string;
  readonly workflowBundle: WorkflowBundle;
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
