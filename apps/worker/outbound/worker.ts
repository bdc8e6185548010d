import { Context, heartbeat } from '@temporalio/activity';
import { Worker, type NativeConnection } from '@temporalio/worker';
import {
  makeDeliveryActivities,
  type DeliveryDeps,
} from '../../../activities/delivery/activities.ts';
import { placeFallbackMs } from '../../../activities/delivery/policy.ts';
import { makeLaneActivities } from '../../../activities/lane/activities.ts';
import { makeReplayActivities } from '../../../activities/replay/activities.ts';
import { makeRotationActivities } from '../../../activities/rotation/activities.ts';
import { lineUpBehind, lineUpForPlace } from '../../../shared/db/queries/outbound-places.ts';
import {
  claimDueWakes,
  putBackWakes,
  wakeRetryBaseMs,
} from '../../../shared/db/queries/outbound-wakes.ts';
import type { AnnouncedDelivery, TenantTx } from '../../../shared/db/tenant.ts';
import type { EndpointId, OutboundDeliveryId } from '../../../shared/domain/ids.ts';
import type { Pool } from '../../../shared/db/pool.ts';
import type { WorkflowBundle } from '../inbound-worker.ts';
import { queueLimits, queueNames } from '../queues.ts';

export interface OutboundWorkerOptions extends Omit<DeliveryDeps, 'cancellation'> {
  readonly connection: NativeConnection;
  readonly namespace: string;
  readonly taskQueuePrefix: string;
  readonly workflowBundle: WorkflowBundle;
  readonly pool: Pool;
  /** Starts the workflows of deliveries that have none. */
  readonly start: (deliveries: readonly AnnouncedDelivery[]) => void;
}

/** A worker of the outbound queue. The caller runs it, shuts it down and awaits its end. */
export function makeOutboundWorker(options: OutboundWorkerOptions): Promise<Worker> {
  const { pool, withTenant } = options;
  const cancellation = (): AbortSignal => Context.current().cancellationSignal;
  async function ofOneEndpoint<Result>(
    deliveries: readonly AnnouncedDelivery[],
    work: (
      tx: TenantTx,
      ids: readonly OutboundDeliveryId[],
      endpointId: EndpointId,
    ) => Promise<Result>,
  ): Promise<Result | undefined> {
    const [first] = deliveries;
    if (first === undefined) return undefined;
    const ids = deliveries.map(({ deliveryId }) => deliveryId);
    return withTenant(first.tenantId, (tx) => work(tx, ids, first.endpointId));
  }
  return Worker.create({
    connection: options.connection,
    namespace: options.namespace,
    taskQueue: queueNames(options.taskQueuePrefix).outbound,
    workflowBundle: options.workflowBundle,
    activities: {
      ...makeDeliveryActivities({ ...options, cancellation }),
      ...makeLaneActivities({
        claim: (rowsMax) => claimDueWakes(pool, rowsMax, wakeRetryBaseMs),
        makeAttempt: (takeOn) =>
          makeDeliveryActivities({ ...options, cancellation, wake: takeOn }).attemptDelivery,
        lineUp: (deliveries) =>
          ofOneEndpoint(deliveries, (tx, ids) => lineUpForPlace(tx, ids, placeFallbackMs)),
        lineUpBehind: async (deliveries) =>
          (await ofOneEndpoint(deliveries, (tx, ids, endpointId) =>
            lineUpBehind(tx, endpointId, ids, placeFallbackMs),
          )) ?? [],
        putBack: (deliveries, waitMs) =>
          ofOneEndpoint(deliveries, (tx, ids) => putBackWakes(tx, ids, waitMs)),
        start: options.start,
        wake: options.wake,
        heartbeat,
      }),
      ...makeRotationActivities(options),
      ...makeReplayActivities(options),
    },
    ...queueLimits.outbound,
  });
}
