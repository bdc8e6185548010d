import { setTimeout as sleep } from 'node:timers/promises';
import { hasPassed, momentIn } from '../../../shared/db/queries/conversation-claims.ts';
import type { TenantTx, WithTenant } from '../../../shared/db/tenant.ts';
import type { ClaimOutcome } from '../../../shared/domain/claim.ts';
import type { TenantId } from '../../../shared/domain/ids.ts';
import { findMadeClaim, meetClaim } from '../../../shared/support/claims.ts';
import type { Logger } from '../../../shared/telemetry/logger.ts';
import type { ClaimRuns } from './runs.ts';

export interface ClaimAttempt {
  readonly tenantId: TenantId;
  readonly credentialId: string;
  readonly conversationId: string;
  readonly requestId: string;
}

/** What became of a request to claim; `unavailable`: it was not granted, and will not be. */
export type ClaimAnswer =
  Exclude<ClaimOutcome, { readonly kind: 'late' }> | { kind: 'unavailable' };

export type ClaimConversation = (attempt: ClaimAttempt) => Promise<ClaimAnswer>;

export interface ClaimConversationDeps {
  readonly withTenant: WithTenant;
  readonly runs: ClaimRuns;
  readonly log: Logger;
  readonly leaseMs: number;
  /** How long a claim may take to be granted. */
  readonly budgetMs: number;
  readonly onAnswer: (answer: ClaimAnswer) => void;
}

/** An answer may still be on its way when the time to grant it is over. */
const answerMarginMs = 250;
const settleEveryMs = 100;
const settlesMax = 50;

/**
 * Claims a conversation through its run, which keeps the time of the claim. What the row alone can
 * answer needs no run: a renewal, and a refusal. Holds no connection of the database while it waits.
 * When no answer comes, the row says whether the claim was made; after the deadline, which the
 * claiming statement compares with the clock of the database, it never will be.
 */
export function makeClaimConversation(deps: ClaimConversationDeps): ClaimConversation {
  return async (attempt) => {
    const answer = await claim(deps, attempt);
    deps.onAnswer(answer);
    return answer;
  };
}

async function claim(deps: ClaimConversationDeps, attempt: ClaimAttempt): Promise<ClaimAnswer> {
  const { tenantId, conversationId, requestId, credentialId } = attempt;
  const request = { requestId, credentialId, leaseMs: deps.leaseMs };
  const found = await deps.withTenant(tenantId, async (tx) => {
    const met = await meetClaim(tx, conversationId, request);
    return met?.outcome ?? { deadline: await momentIn(tx, deps.budgetMs) };
  });
  if (!('deadline' in found)) return found.kind === 'late' ? { kind: 'unavailable' } : found;

  const deadline = found.deadline.toISOString();
  const waitMs = deps.budgetMs + answerMarginMs;
  try {
    const outcome = await deps.runs.acquire(
      tenantId,
      conversationId,
      { ...request, deadline },
      waitMs,
    );
    return outcome === undefined || outcome.kind === 'late' ? { kind: 'unavailable' } : outcome;
  } catch (error) {
    deps.log.warn({ event: 'claim.unanswered', conversationId, requestId, err: error });
    return settle(deps, attempt, found.deadline);
  }
}

/** Looks for the claim of a request that was not answered, until it cannot be made any more. */
async function settle(
  { withTenant }: ClaimConversationDeps,
  { tenantId, conversationId, requestId }: ClaimAttempt,
  deadline: Date,
): Promise<ClaimAnswer> {
  const look = async (tx: TenantTx): Promise<ClaimAnswer | undefined> => {
    const made = await findMadeClaim(tx, conversationId, requestId);
    if (made !== undefined && made.kind !== 'late') return made;
    return (await hasPassed(tx, deadline)) ? { kind: 'unavailable' } : undefined;
  };
  for (let looks = 0; looks < settlesMax; looks += 1) {
    const answer = await withTenant(tenantId, look);
    if (answer !== undefined) return answer;
    await sleep(settleEveryMs);
  }
  return { kind: 'unavailable' };
}
