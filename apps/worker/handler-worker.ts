import { activityInfo } from '@temporalio/activity';
import { Worker, type NativeConnection } from '@temporalio/worker';
import { makeHandlerActivities, type HandlerDeps } from '../../activities/handler/activities.ts';
import { queueLimits, queueNames } from './queues.ts';
import type { WorkflowBundle } from './inbound-worker.ts';

export interface HandlerWorkerOptions extends Omit<HandlerDeps, 'callingWorkflowId'> {
  readonly connection: NativeConnection;
  readonly namespace: string;
  readonly taskQueuePrefix: string;
  /** The code of the extensions' workflows. */
  readonly workflowBundle: WorkflowBundle;
}

/** A worker of the handlers queue. The caller runs it, shuts it down and awaits its end. */
export function makeHandlerWorker(options: HandlerWorkerOptions): Promise<Worker> {
  return Worker.create({
    connection: options.connection,
    namespace: options.namespace,
    taskQueue: queueNames(options.taskQueuePrefix).handlers,
    workflowBundle: options.workflowBundle,
    activities: makeHandlerActivities({ ...options, callingWorkflowId }),
    ...queueLimits.handlers,
  });
}

function callingWorkflowId(): string {
  const { workflowExecution } = activityInfo();
  if (workflowExecution === undefined) throw new Error('the activity runs outside a workflow');
  return workflowExecution.workflowId;
}
