import {
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
  type Client,
} from '@temporalio/client';
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import type { AnnouncedDelivery } from '../../../shared/db/tenant.ts';
import { toWireId } from '../../../shared/domain/ids.ts';
import { tenantSlug } from '../../../shared/domain/tenant-slug.ts';
import type { Logger } from '../../../shared/telemetry/logger.ts';
import { searchAttributes } from '../../../workflows/inbound-delivery/contract.ts';
import {
  outboundLaneId,
  outboundLaneInput,
  outboundLaneName,
} from '../../../workflows/outbound-lane/contract.ts';
import {
  outboundDeliveryName,
  outboundWorkflowId,
  wakeSignalName,
  type OutboundDeliveryInput,
} from '../../../workflows/outbound-delivery/contract.ts';
import { makeBurst } from './burst.ts';

/** Starts and wakes the workflows of outbound deliveries. */
export interface Courier {
  /** Told of a connection to Temporal, or that there is none any more. */
  use(client: Client | undefined): void;
  /** Starts deliveries that were committed a moment ago; what is too much is left to the sweeper. */
  start(deliveries: readonly AnnouncedDelivery[]): void;
  /** Wakes the runs of deliveries; what cannot be woken is left to the sweeper. */
  wake(deliveries: readonly AnnouncedDelivery[]): void;
  /** Starts a delivery's run, or wakes the one there is. Rejects when Temporal takes neither. */
  rouse(delivery: AnnouncedDelivery): Promise<void>;
  /** Opens the burst lane, or finds it open. Rejects when Temporal does not take it. */
  openLane(): Promise<void>;
  /** Whether more was committed a moment ago than runs can be made for, so that the burst lane has it. */
  isInBurst(): boolean;
  /** Whether Temporal answers at all. */
  isReachable(): Promise<boolean>;
  /** Takes nothing more and waits for what is under way. */
  close(): Promise<void>;
}

export interface CourierDeps {
  readonly taskQueue: string;
  /** Whether a worker of the queue shares the client's connection, so that starts can be eager. */
  readonly isEager: boolean;
  readonly log: Logger;
  /** Whether attempts of this process wait for each other: more runs would only make the line longer. */
  readonly isBehind: () => boolean;
  /** Makes a delivery due for the sweeper or the burst lane. */
  readonly hasten: (delivery: AnnouncedDelivery) => Promise<void>;
}

/** Calls under way at once. More would only wait for each other in a small engine. */
const underWayMax = 16;
/** Deliveries that wait for one of these places; one more is a burst. */
const waitingMax = 24;
const callBudgetMs = 5_000;

const keyword = (name: string) => defineSearchAttributeKey(name, SearchAttributeType.KEYWORD);
const tenantKey = keyword(searchAttributes.tenant);
const stateKey = keyword(searchAttributes.deliveryState);
const endpointKey = keyword(searchAttributes.endpoint);
const eventTypeKey = keyword(searchAttributes.eventType);

export function makeCourier(deps: CourierDeps): Courier {
  let current: Client | undefined;
  let isClosed = false;
  let underWay = 0;
  const waiting: (() => Promise<void>)[] = [];
  let drained: (() => void) | undefined;
  const burst = makeBurst(() => performance.now());

  function enqueue(work: () => Promise<void>): void {
    if (isClosed || waiting.length >= waitingMax) return;
    waiting.push(work);
    pump();
  }

  function pump(): void {
    while (underWay < underWayMax) {
      const work = waiting.shift();
      if (work === undefined) break;
      underWay += 1;
      void work()
        .catch((error: unknown) =>
          deps.log.debug({ event: 'outbound.start_deferred', err: error }, 'left to the sweeper'),
        )
        .finally(() => {
          underWay -= 1;
          pump();
        });
    }
    if (underWay === 0 && waiting.length === 0) drained?.();
  }

  async function rouse(delivery: AnnouncedDelivery): Promise<void> {
    const client = clientOf(current);
    try {
      await withBudget(client, () => startRun(client, delivery, deps));
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      await withBudget(client, () => signal(client, delivery));
    }
  }

  async function openLane(): Promise<void> {
    const client = clientOf(current);
    await withBudget(client, () =>
      client.workflow.start(outboundLaneName, {
        workflowId: outboundLaneId(deps.taskQueue),
        taskQueue: deps.taskQueue,
        args: [outboundLaneInput],
        workflowIdReusePolicy: 'ALLOW_DUPLICATE',
        workflowIdConflictPolicy: 'USE_EXISTING',
        // Before the deliveries that it is opened for.
        priority: { priorityKey: 1 },
        staticSummary: 'Works off a backlog of due deliveries',
      }),
    );
  }

  return {
    use(client) {
      current = client;
    },
    start(deliveries) {
      const isMore = waiting.length + deliveries.length > waitingMax || deps.isBehind();
      const goesOn = burst.goesOn();
      if (!burst.isOn() && (isMore || goesOn)) {
        if (!goesOn) {
          deps.log.info(
            { event: 'outbound.burst', workflowId: outboundLaneId(deps.taskQueue) },
            'more deliveries come than runs are worth: the burst lane makes their attempts for now',
          );
        }
        burst.begin(waiting.length);
        waiting.length = 0;
        // What it has to do is due in a moment; the sweeper would open it a little later.
        openLane().catch(() => undefined);
      }
      if (burst.isOn()) return burst.leave(deliveries.length);
      for (const delivery of deliveries) {
        enqueue(async () => {
          const client = clientOf(current);
          await withBudget(client, () => startRun(client, delivery, deps)).catch(unlessStarted);
        });
      }
    },
    wake(deliveries) {
      for (const delivery of deliveries) {
        enqueue(async () => {
          const client = clientOf(current);
          await withBudget(client, () => signal(client, delivery)).catch((error: unknown) => {
            // The burst lane makes attempts of deliveries that have no run: it is to take this one, too.
            if (!(error instanceof WorkflowNotFoundError)) throw error;
            return deps.hasten(delivery);
          });
        });
      }
    },
    rouse,
    openLane,
    isInBurst: burst.isOn,
    async isReachable() {
      const client = current;
      if (client === undefined) return false;
      return withBudget(client, () => client.workflowService.getSystemInfo({})).then(
        () => true,
        () => false,
      );
    },
    async close() {
      isClosed = true;
      waiting.length = 0;
      if (underWay === 0) return;
      await new Promise<void>((resolve) => {
        drained = resolve;
      });
    },
  };
}

function clientOf(client: Client | undefined): Client {
  if (client === undefined) throw new Error('Temporal has not been reached yet');
  return client;
}

function unlessStarted(error: unknown): void {
  if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
}

const withBudget = <Result>(client: Client, call: () => Promise<Result>): Promise<Result> =>
  client.withDeadline(Date.now() + callBudgetMs, call);

const runId = ({ deliveryId }: AnnouncedDelivery): string =>
  outboundWorkflowId(toWireId('outboundDelivery', deliveryId));

function signal(client: Client, delivery: AnnouncedDelivery): Promise<void> {
  return client.workflow.getHandle(runId(delivery)).signal(wakeSignalName);
}

function startRun(client: Client, delivery: AnnouncedDelivery, deps: CourierDeps) {
  const { tenantId, deliveryId, endpointId, eventType, retry } = delivery;
  const input: OutboundDeliveryInput = { tenantId, deliveryId, retry };
  const endpoint = toWireId('endpoint', endpointId);
  return client.workflow.start(outboundDeliveryName, {
    workflowId: runId(delivery),
    taskQueue: deps.taskQueue,
    args: [input],
    // The row decides what is still to be done: a run that an operator terminated may follow itself.
    workflowIdReusePolicy: 'ALLOW_DUPLICATE',
    workflowIdConflictPolicy: 'FAIL',
    requestEagerStart: deps.isEager,
    // A task lasts as long as its attempt, and tells the server at four fifths of this that it lives. A
    // killed worker's delivery waits for the lease of its attempt in any case.
    workflowTaskTimeout: '10s',
    priority: { fairnessKey: tenantId },
    staticSummary: `${eventType} to ${endpoint}`,
    typedSearchAttributes: [
      { key: tenantKey, value: tenantSlug(tenantId) },
      { key: endpointKey, value: endpoint },
      { key: eventTypeKey, value: eventType },
      { key: stateKey, value: 'pending' },
    ],
  });
}
