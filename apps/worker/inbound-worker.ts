import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import {
  bundleWorkflowCode,
  DefaultLogger,
  Worker,
  type NativeConnection,
} from '@temporalio/worker';
import {
  makeAssistantActivities,
  type AssistantDeps,
} from '../../activities/assistant/activities.ts';
import { makeClaimActivities, type ClaimDeps } from '../../activities/claims/activities.ts';
import { makeDispatchActivities, type DispatchDeps } from '../../activities/dispatch/activities.ts';
import { queueLimits, queueNames } from './queues.ts';

export interface InboundWorkerOptions extends DispatchDeps, ClaimDeps, AssistantDeps {
  readonly connection: NativeConnection;
  readonly namespace: string;
  readonly taskQueuePrefix: string;
  readonly workflowBundle: WorkflowBundle;
}

export type WorkflowBundle = { readonly codePath: string } | { readonly code: string };

/** The workflow code: from a file that was built ahead, or built now, which takes some seconds. */
export async function loadWorkflowBundle(codePath: string | undefined): Promise<WorkflowBundle> {
  return codePath === undefined ? { code: await bundleInChild() } : { codePath };
}

/**
 * Bundles in a process of its own: the compiler leaves a hundred megabytes of memory behind, and holds
 * up everything else in its thread while a gateway already accepts.
 */
async function bundleInChild(): Promise<string> {
  const child = fork(fileURLToPath(new URL('bundle-child.ts', import.meta.url)), { execArgv: [] });
  const code = new Promise<string>((resolve, reject) => {
    child.once('message', (message) => resolve(message as string));
    child.once('error', reject);
    // Its errors are on the standard error that it shares with this process.
    child.once('exit', (status) =>
      reject(new Error(`the workflows could not be bundled (exit status ${status})`)),
    );
  });
  return code;
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
    activities: {
      ...makeDispatchActivities(options),
      ...makeClaimActivities(options),
      ...makeAssistantActivities(options),
    },
    ...queueLimits.inbound,
  });
}
