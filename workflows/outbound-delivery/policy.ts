import type { AttemptResult, WaitReason } from '../../activities/delivery/contract.ts';

/** What an operator reads beside the timer of a waiting run. */
const summaries: Readonly<Record<WaitReason, string>> = {
  retry: 'next attempt',
  held: 'held: the endpoint or the delivery is paused or disabled',
  rate: 'the rate of the endpoint is used up',
  place: 'waits for another delivery of the endpoint',
  trouble: 'waits for another delivery of the endpoint, which fails or is slow',
  lease: 'an attempt may still be under way',
};

export const timerSummary = (reason: WaitReason): string => summaries[reason];

/** The search attribute of a waiting run: only what lasts is worth a write. */
export function stateOf(result: AttemptResult): string | undefined {
  if (result.kind === 'settled') return result.status;
  if (result.kind !== 'wait') return undefined;
  if (result.reason === 'retry') return 'retrying';
  return result.reason === 'held' ? 'held' : undefined;
}
