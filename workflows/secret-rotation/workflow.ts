import {
  allHandlersFinished,
  condition,
  continueAsNew,
  defineSignal,
  defineUpdate,
  proxyLocalActivities,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { RotationActivities } from '../../activities/rotation/contract.ts';
import {
  rotationChangedSignalName,
  rotationUpdateNames,
  type SecretRotationInput,
} from './contract.ts';

/** Each is one short transaction; while the database is away it is tried for as long as that lasts. */
const { tendRotation, finishRotation, abortRotation } = proxyLocalActivities<RotationActivities>({
  startToCloseTimeout: '15s',
  localRetryThreshold: '5s',
  retry: { initialInterval: '200ms', backoffCoefficient: 2, maximumInterval: '30s' },
});

const changedSignal = defineSignal(rotationChangedSignalName);
const finishNowUpdate = defineUpdate<boolean>(rotationUpdateNames.finishNow);
const abortUpdate = defineUpdate<boolean>(rotationUpdateNames.abort);

/**
 * The grace of a rotated secret, from the rotation to the end of the old secret. The rows decide what
 * signs, by the clock of the database; the run warns the owner and erases what has ended, in time. The
 * updates answer whether there was a rotation to finish or to take back.
 */
export async function secretRotation(input: SecretRotationInput): Promise<void> {
  let isChanged = false;
  setHandler(changedSignal, () => {
    isChanged = true;
  });
  const change = (act: (input: SecretRotationInput) => Promise<boolean>) => async () => {
    const isDone = await act(input);
    isChanged = true;
    return isDone;
  };
  setHandler(finishNowUpdate, change(finishRotation));
  setHandler(abortUpdate, change(abortRotation));

  for (;;) {
    isChanged = false;
    const step = await tendRotation(input);
    await condition(allHandlersFinished);
    // A rotation that began as this one ended is looked after by this run as well.
    if (step.kind === 'ended' && !isChanged) return;
    if (step.kind === 'wait') await condition(() => isChanged, step.waitMs);
    await condition(allHandlersFinished);
    if (workflowInfo().continueAsNewSuggested) await continueAsNew<typeof secretRotation>(input);
  }
}
