import { claimLeaseMs } from '../../../shared/domain/conversation.ts';
import type { CountedClaim, Metrics } from '../../../shared/telemetry/metrics.ts';
import type { ClaimServices } from '../api/routes/claims.ts';
import {
  makeClaimConversation,
  type ClaimAnswer,
  type ClaimConversationDeps,
} from './claim-conversation.ts';
import { makeClaimRuns, type ClaimRunsDeps } from './runs.ts';

/** As what an answer is counted; what the caller got wrong is not. */
function countedAs(answer: ClaimAnswer): CountedClaim | undefined {
  if (answer.kind === 'granted') return answer.renewed ? 'renewed' : 'made';
  if (answer.kind === 'held') return 'conflict';
  return answer.kind === 'unavailable' ? 'unavailable' : undefined;
}

/** What the routes about claims work with. `close` waits for what is under way. */
export function openClaims(
  deps: ClaimRunsDeps &
    Pick<ClaimConversationDeps, 'withTenant' | 'budgetMs'> & {
      readonly metrics: Pick<Metrics, 'claimed'>;
    },
): { readonly services: ClaimServices; close(): Promise<void> } {
  const runs = makeClaimRuns(deps);
  const claimConversation = makeClaimConversation({
    ...deps,
    runs,
    leaseMs: claimLeaseMs,
    onAnswer(answer) {
      const outcome = countedAs(answer);
      if (outcome !== undefined) deps.metrics.claimed(outcome);
    },
  });
  return {
    services: { claimConversation, noteClaimEnded: runs.noteEnded },
    close: runs.close,
  };
}
