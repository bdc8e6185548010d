import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import {
  ApplicationFailure,
  CancellationScope,
  condition,
  continueAsNew,
  defineSignal,
  defineUpdate,
  isCancellation,
  proxyActivities,
  proxyLocalActivities,
  setHandler,
  sleep,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import type { AttemptResult, DeliveryActivities } from '../../activities/delivery/contract.ts';
import type { DeliveryCommand } from '../../shared/domain/outbound.ts';
import { searchAttributes } from '../inbound-delivery/contract.ts';
import { commandUpdateNames, wakeSignalName, type OutboundDeliveryInput } from './contract.ts';
import { stateOf, timerSummary } from './policy.ts';

const deliveryState = defineSearchAttributeKey(
  searchAttributes.deliveryState,
  SearchAttributeType.KEYWORD,
);

/** Faults of ours (the database is away) are tried for as long as they last. */
const retry = {
  initialInterval: '200ms',
  backoffCoefficient: 2,
  maximumInterval: '30s',
} as const;
/** The longest attempt takes 60 s; its transactions come on top. */
const startToCloseTimeout = '95s';

const fast = proxyLocalActivities<DeliveryActivities>({
  startToCloseTimeout,
  localRetryThreshold: '5s',
  retry,
});
const patient = proxyActivities<DeliveryActivities>({ startToCloseTimeout, retry });

const wakeSignal = defineSignal(wakeSignalName);

/**
 * One event on its way to one endpoint, until it is delivered, failed or canceled. The row decides; the
 * run makes it happen in time. While nothing is to be done it sleeps in one timer, and a signal or an
 * update wakes it.
 */
export async function outboundDelivery(input: OutboundDeliveryInput): Promise<string> {
  let isAwake = false;
  const commands: DeliveryCommand[] = [];
  setHandler(wakeSignal, () => {
    isAwake = true;
  });
  for (const name of commandUpdateNames) {
    setHandler(defineUpdate<string>(name), () => {
      commands.push(name);
      return `${name} will be done now`;
    });
  }

  let state = 'pending';
  const note = (next: string | undefined): void => {
    if (next === undefined || next === state) return;
    state = next;
    upsertSearchAttributes([{ key: deliveryState, value: next }]);
  };

  try {
    for (;;) {
      isAwake = false;
      for (const command of commands.splice(0)) await fast.commandDelivery({ ...input, command });
      const result = await attempt(input);
      note(stateOf(result));
      if (result.kind === 'settled') return endOf(result);
      if (result.kind === 'wait') {
        await sleepUntilWoken(result, () => isAwake || commands.length > 0);
      }
      // Only once every command has been done: what stands in memory would be lost.
      if (workflowInfo().continueAsNewSuggested && commands.length === 0) {
        await continueAsNew<typeof outboundDelivery>(input);
      }
    }
  } catch (error) {
    if (!isCancellation(error)) throw error;
    // Canceled from the Temporal UI: the delivery is, too.
    await CancellationScope.nonCancellable(() =>
      fast.commandDelivery({ ...input, command: 'cancel' }),
    );
    note('canceled');
    throw error;
  }
}

/** An attempt within the workflow task where the endpoint is well, else as an activity of its own. */
async function attempt(input: OutboundDeliveryInput): Promise<AttemptResult> {
  const quick = await fast.attemptDelivery({ ...input, lane: 'fast' });
  if (quick.kind !== 'turned_away') return quick;
  return patient.attemptDelivery({ ...input, lane: 'patient' });
}

async function sleepUntilWoken(
  { waitMs, reason }: Extract<AttemptResult, { kind: 'wait' }>,
  isWoken: () => boolean,
): Promise<void> {
  const scope = new CancellationScope();
  try {
    await scope.run(() =>
      Promise.race([
        sleep(Math.max(1, waitMs), { summary: timerSummary(reason) }),
        condition(isWoken),
      ]),
    );
  } finally {
    // Whichever of the two is left over ends here.
    scope.cancel();
  }
}

/** A failed delivery ends its run as Failed with the code as type, so that operators find it. */
function endOf(result: Extract<AttemptResult, { kind: 'settled' }>): string {
  if (result.status !== 'failed') return result.status;
  throw ApplicationFailure.create({
    type: result.code ?? 'failed',
    message: result.message ?? 'The delivery failed.',
    nonRetryable: true,
  });
}
