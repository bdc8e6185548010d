import {
  allHandlersFinished,
  ApplicationFailure,
  condition,
  continueAsNew,
  defineSignal,
  defineUpdate,
  isCancellation,
  proxyActivities,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { ClaimActivities } from '../../activities/claims/contract.ts';
import type { ClaimOutcome, ClaimRequest } from '../../shared/domain/claim.ts';
import { acquireUpdateName, claimChangedSignalName, type ClaimLeaseInput } from './contract.ts';

// Not local activities: those keep their workflow task open, and an update that arrives meanwhile can
// leave a history that does not replay (docs/decisions/0018).

/** Somebody waits for it, for some seconds: what has not been done by then is not wanted any more. */
const { acquireClaims } = proxyActivities<ClaimActivities>({
  startToCloseTimeout: '5s',
  scheduleToCloseTimeout: '10s',
  retry: { initialInterval: '100ms', backoffCoefficient: 2 },
});

/** While the database is away it is tried for as long as that lasts. */
const { tendClaim } = proxyActivities<ClaimActivities>({
  startToCloseTimeout: '15s',
  retry: { initialInterval: '200ms', backoffCoefficient: 2, maximumInterval: '30s' },
});

const changedSignal = defineSignal(claimChangedSignalName);
const acquireUpdate = defineUpdate<ClaimOutcome, [ClaimRequest]>(acquireUpdateName);

/** Most requests of one transaction. */
const batchMax = 50;

/** A request that waits for its turn, and then for its answer. */
interface Waiting {
  readonly request: ClaimRequest;
  answer?: ClaimOutcome | 'failed';
}

/**
 * The claims of one conversation, for as long as one is live (S-110, S-113). The row decides, by the
 * clock of the database: renewals and sends move its end without a word to this run. When its timer
 * fires it looks at the row, and sleeps on, or ends the claim that ran out and itself.
 *
 * Everything is done by the one loop, one thing after the other; requests that come meanwhile wait and
 * are then served together.
 */
export async function claimLease({ turnsMax, ...input }: ClaimLeaseInput): Promise<void> {
  let waiting: Waiting[] = [];
  let isChanged = false;
  setHandler(changedSignal, () => {
    isChanged = true;
  });
  setHandler(acquireUpdate, async (request) => {
    const mine: Waiting = { request };
    waiting.push(mine);
    await condition(() => mine.answer !== undefined);
    if (mine.answer !== undefined && mine.answer !== 'failed') return mine.answer;
    throw ApplicationFailure.create({ type: 'claim_failed', nonRetryable: true });
  });

  async function serve(): Promise<number | null | undefined> {
    const batch = waiting.slice(0, batchMax);
    waiting = waiting.slice(batchMax);
    try {
      const requests = batch.map(({ request }) => request);
      const { outcomes, leftMs } = await acquireClaims({ ...input, requests });
      for (const [index, one] of batch.entries()) one.answer = outcomes[index] ?? 'failed';
      return leftMs;
    } catch (error) {
      if (isCancellation(error)) throw error;
      for (const one of batch) one.answer = 'failed';
      return undefined;
    }
  }

  /** What the live claim has left; null when none is live, undefined when the row must be asked. */
  let leftMs: number | null | undefined;
  for (let turns = 0; ; turns += 1) {
    await condition(() => waiting.length > 0 || allHandlersFinished());
    if (waiting.length > 0) {
      leftMs = await serve();
      continue;
    }
    if (turns >= turnsMax || workflowInfo().continueAsNewSuggested) {
      await continueAsNew<typeof claimLease>({ turnsMax, ...input });
    }
    if (isChanged || leftMs === undefined) {
      isChanged = false;
      ({ leftMs } = await tendClaim(input));
      continue;
    }
    if (leftMs === null) return;
    await condition(() => isChanged || waiting.length > 0, Math.max(1, leftMs));
    leftMs = undefined;
  }
}
