import { fileURLToPath } from 'node:url';
import {
  bundleWorkflowCode,
  DefaultLogger,
  Worker,
  type NativeConnection,
} from '@temporalio/worker';
import { makeDispatchActivities, type DispatchDeps } from '../../activities/dispatch/activities.ts';
import { queueLimits, queueNames } from './queues.ts';

export interface InboundWorkerOptions extends DispatchDeps {
  readonly connection: NativeConnection;
  readonly namespace: string;
  readonly taskQueuePrefix: string;
  readonly workflowBundle: WorkflowBundle;
}

export type WorkflowBundle = { readonly codePath: string } | { readonly code: string };

/** The workflow code: from a file that was built ahead, or built now, which takes about a second. */
export async function loadWorkflowBundle(codePath: string | undefined): Promise<WorkflowBundle> {
  return codePath === undefined ? buildWorkflowBundle() : { codePath };
}

export async function buildWorkflowBundle(): Promise<{ readonly code: string }> {
  return bundleWorkflowCode({
    workflowsPath: fileURLToPath(new URL('../../workflows/index.ts', import.meta.url)),
    // The bundler's progress is noise in a service's log; its errors are thrown.
    logger: new DefaultLogger('ERROR'),
  });
}

/** A worker of the inbound queue. The caller runs it, shuts it down and awaits its end. */
export function makeInboundWorker(options: InboundWorkerOptions): Promise<Worker> {
  return Worker.create({
    connection: options.connection,
    namespace: options.namespace,
    taskQueue: queueNames(options.taskQueuePrefix).inbound,
    workflowBundle: options.workflowBundle,
    activities: makeDispatchActivities(options),
    ...queueLimits.inbound,
  });
}
