import {
  WorkflowExecutionAlreadyStartedError,
  WorkflowFailedError,
  type Client,
  type WorkflowHandle,
} from '@temporalio/client';
import {
  ApplicationFailure,
  defineSearchAttributeKey,
  SearchAttributeType,
} from '@temporalio/common';
import type { DispatchOutcome } from '../../../shared/domain/outcome.ts';
import {
  classifyStartFailure,
  startFailureReason,
} from '../../../shared/temporal/start-failure.ts';
import {
  inboundDeliveryName,
  searchAttributes,
  type InboundDeliveryInput,
} from '../../../workflows/inbound-delivery/contract.ts';
import { makeSlots } from '../../../shared/domain/slots.ts';

export interface StartRequest extends InboundDeliveryInput {
  readonly workflowId: string;
}

export type StartResult =
  /** A run exists. `isLocal` when this process took its first task together with the start. */
  | {
      readonly kind: 'started';
      readonly isLocal: boolean;
      /** Asks the server for the outcome of the run until it has one or the signal fires. */
      result(signal: AbortSignal): Promise<DispatchOutcome>;
    }
  /** Temporal did not answer within the budget. The sweeper will start the delivery. */
  | { readonly kind: 'unreachable'; readonly cause: unknown }
  /** As many starts as may be under way already are. The sweeper will start the delivery. */
  | { readonly kind: 'busy' }
  /** Temporal answered with a fault of its own or of ours. The sweeper tries again, not for ever. */
  | { readonly kind: 'faulty'; readonly cause: unknown }
  /** Temporal will not take this start, however often it is asked. */
  | { readonly kind: 'refused'; readonly reason: string };

export interface Starter {
  /** `patient` when nobody waits for the start, so that a slow Temporal may take its time. */
  start(request: StartRequest, haste?: 'patient'): Promise<StartResult>;
  /** Whether Temporal answers at all, within the budget of a start. */
  isReachable(): Promise<boolean>;
}

const tenantKey = defineSearchAttributeKey(searchAttributes.tenant, SearchAttributeType.KEYWORD);
const hookKey = defineSearchAttributeKey(searchAttributes.hook, SearchAttributeType.KEYWORD);
const stateKey = defineSearchAttributeKey(
  searchAttributes.deliveryState,
  SearchAttributeType.KEYWORD,
);

/** How long a start may take that nobody waits for. */
const patientBudgetMs = 5_000;

export interface StarterDeps {
  /** Undefined while Temporal has not been reached yet. */
  readonly client: () => Client | undefined;
  readonly taskQueue: string;
  readonly budgetMs: number;
  /** Whether a worker of the queue shares the client's connection, so that starts can be eager. */
  readonly isEager: boolean;
}

/** Starts `inboundDelivery` runs. A run that exists already is success: that is what its id is for. */
export function makeStarter(deps: StarterDeps): Starter {
  return {
    async start(request, haste) {
      const client = deps.client();
      if (client === undefined) {
        return { kind: 'unreachable', cause: new Error('Temporal has not been reached yet') };
      }
      const budgetMs = haste === 'patient' ? patientBudgetMs : deps.budgetMs;
      try {
        const handle = await client.withDeadline(Date.now() + budgetMs, () =>
          startRun(client, request, deps),
        );
        return startedRun(client, handle, handle.eagerlyStarted);
      } catch (error) {
        if (error instanceof WorkflowExecutionAlreadyStartedError) {
          return startedRun(client, client.workflow.getHandle(request.workflowId), false);
        }
        return failedStart(error);
      }
    },
    async isReachable() {
      const client = deps.client();
      if (client === undefined) return false;
      return client
        .withDeadline(Date.now() + deps.budgetMs, () =>
          client.connection.workflowService.getSystemInfo({}),
        )
        .then(
          () => true,
          () => false,
        );
    },
  };
}

function failedStart(error: unknown): StartResult {
  const failure = classifyStartFailure(error);
  if (failure === 'refused') return { kind: 'refused', reason: startFailureReason(error) };
  return { kind: failure === 'away' ? 'unreachable' : 'faulty', cause: error };
}

/**
 * Bounds how many starts that a request waits for are under way at once: in a burst, starts that pile
 * up would only make each other miss their budget. One that gets no slot within `waitMs` is left to
 * the sweeper. Patient starts are bounded by who makes them.
 */
export function boundStarter(
  starter: Starter,
  options: { readonly slots: number; readonly waitMs: number },
): Starter {
  const slots = makeSlots(options.slots);
  return {
    async start(request, haste) {
      if (haste === 'patient') return starter.start(request, haste);
      const release = await slots.take(options.waitMs);
      return release === undefined ? { kind: 'busy' } : starter.start(request).finally(release);
    },
    isReachable: starter.isReachable,
  };
}

function startRun(client: Client, request: StartRequest, deps: StarterDeps) {
  const [, tenantSlug = '', hookSlug = ''] = request.workflowId.split('/');
  const input: InboundDeliveryInput = {
    tenantId: request.tenantId,
    deliveryId: request.deliveryId,
  };
  return client.workflow.start(inboundDeliveryName, {
    workflowId: request.workflowId,
    taskQueue: deps.taskQueue,
    args: [input],
    workflowIdReusePolicy: 'REJECT_DUPLICATE',
    workflowIdConflictPolicy: 'FAIL',
    requestEagerStart: deps.isEager,
    // A killed worker's task is given to another one after this time.
    workflowTaskTimeout: '5s',
    priority: { fairnessKey: request.tenantId },
    staticSummary: `Delivery ${request.deliveryId} of hook ${hookSlug}`,
    typedSearchAttributes: [
      { key: tenantKey, value: tenantSlug },
      { key: hookKey, value: hookSlug },
      { key: stateKey, value: 'pending' },
    ],
  });
}

function startedRun(client: Client, handle: WorkflowHandle, isLocal: boolean): StartResult {
  const result = (signal: AbortSignal): Promise<DispatchOutcome> =>
    client.withAbortSignal(signal, () => outcomeOf(handle));
  return { kind: 'started', isLocal, result };
}

/** The outcome of a run, whether it completed or failed with one. Rejects for anything else. */
async function outcomeOf(handle: WorkflowHandle): Promise<DispatchOutcome> {
  try {
    return (await handle.result()) as DispatchOutcome;
  } catch (error) {
    const cause = error instanceof WorkflowFailedError ? error.cause : undefined;
    const outcome = cause instanceof ApplicationFailure ? cause.details?.[0] : undefined;
    if (outcome === undefined) throw error;
    return outcome as DispatchOutcome;
  }
}
