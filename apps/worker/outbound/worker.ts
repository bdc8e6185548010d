import { Context } from '@temporalio/activity';
import { Worker, type NativeConnection } from '@temporalio/worker';
import {
  makeDeliveryActivities,
  type DeliveryDeps,
} from '../../../activities/delivery/activities.ts';
import { makeReplayActivities } from '../../../activities/replay/activities.ts';
import { makeRotationActivities } from '../../../activities/rotation/activities.ts';
import type { WorkflowBundle } from '../inbound-worker.ts';
import { queueLimits, queueNames } from '../queues.ts';

export interface OutboundWorkerOptions extends Omit<DeliveryDeps, 'cancellation'> {
  readonly connection: NativeConnection;
  readonly namespace: string;
  readonly taskQueuePrefix: string;
  readonly workflowBundle: WorkflowBundle;
}

/** A worker of the outbound queue. The caller runs it, shuts it down and awaits its end. */
export function makeOutboundWorker(options: OutboundWorkerOptions): Promise<Worker> {
  return Worker.create({
    connection: options.connection,
    namespace: options.namespace,
    taskQueue: queueNames(options.taskQueuePrefix).outbound,
    workflowBundle: options.workflowBundle,
    activities: {
      ...makeDeliveryActivities({
        ...options,
        cancellation: () => Context.current().cancellationSignal,
      }),
      ...makeRotationActivities(options),
      ...makeReplayActivities(options),
    },
    ...queueLimits.outbound,
  });
}
