import { proxyActivities } from '@temporalio/workflow';
import type { AssistantActivities } from '../../activities/assistant/contract.ts';
import type { AssistantResult } from '../../shared/domain/assistant.ts';
import type { AssistantReplyInput } from './contract.ts';
import { decide } from './policy.ts';

/** Short transactions; while the database is away they are tried for as long as that lasts. */
const activities = proxyActivities<AssistantActivities>({
  startToCloseTimeout: '15s',
  retry: { initialInterval: '200ms', backoffCoefficient: 2, maximumInterval: '30s' },
});

/**
 * What the assistant makes of one message of a visitor (S-113). Every activity looks itself whether a
 * claim is live, and ends the question if so; the row of the question says what it ended with.
 *
 *   consider ──▶ answer ──▶ ended
 *      ▲ │          │
 *      │ └▶ hand off│──▶ ended
 *      └── changed ◀┘
 */
export async function assistantReply(input: AssistantReplyInput): Promise<AssistantResult> {
  for (let searches = 1; ; searches += 1) {
    const considered = await activities.considerQuestion(input);
    if (considered.kind === 'ended') return considered.result;
    const decision = decide(considered, searches);
    if (decision.kind === 'hand_off') {
      return (await activities.handOffQuestion({ ...input, ...decision })).result;
    }
    const answered = await activities.answerQuestion({ ...input, ...decision });
    if (answered.kind === 'ended') return answered.result;
  }
}
