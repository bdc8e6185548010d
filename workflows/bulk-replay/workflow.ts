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
import type { ReplayActivities } from '../../activities/replay/contract.ts';
import { replayChangedSignalName, replayUpdateNames, type BulkReplayInput } from './contract.ts';

/** A page is one transaction; while the database is away it is tried for as long as that lasts. */
const { replayPage, commandReplay } = proxyLocalActivities<ReplayActivities>({
  startToCloseTimeout: '30s',
  localRetryThreshold: '5s',
  retry: { initialInterval: '200ms', backoffCoefficient: 2, maximumInterval: '30s' },
});

const changedSignal = defineSignal(replayChangedSignalName);

/**
 * Schedules the deliveries of a replay page by page, at the pace of its job. The row holds the place
 * that was reached; a page and the move of that place commit together, so that a page which is worked
 * on twice schedules nothing twice. Returns the state in which the job ended.
 */
export async function bulkReplay(input: BulkReplayInput): Promise<string> {
  let isChanged = false;
  setHandler(changedSignal, () => {
    isChanged = true;
  });
  for (const command of replayUpdateNames) {
    setHandler(defineUpdate<boolean>(command), async () => {
      const isDone = await commandReplay({ ...input, command });
      isChanged = true;
      return isDone;
    });
  }

  for (;;) {
    isChanged = false;
    const step = await replayPage(input);
    await condition(allHandlersFinished);
    if (step.kind === 'ended') return step.state;
    // While it is paused nothing but a change goes on.
    if (step.kind === 'paused') await condition(() => isChanged);
    else if (step.waitMs > 0) await condition(() => isChanged, step.waitMs);
    await condition(allHandlersFinished);
    if (workflowInfo().continueAsNewSuggested) await continueAsNew<typeof bulkReplay>(input);
  }
}
