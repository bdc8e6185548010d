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
 *
 * Of those who claim one conversation at once, one asks the run; the others wait for what becomes of
 * it and look at the row again, so that a crowd is answered by the row and not by the run.
 */
export function makeClaimConversation(deps: ClaimConversationDeps): ClaimConversation {
  const asking = new Map<string, Promise<ClaimAnswer>>();

  async function claim(attempt: ClaimAttempt): Promise<ClaimAnswer> {
    const place = `${attempt.tenantId} ${attempt.conversationId}`;
    const endsAtMs = performance.now() + deps.budgetMs;
    for (;;) {
      const found = await look(deps, attempt);
      if (!('deadline' in found)) return found;
      const ahead = asking.get(place);
      if (ahead === undefined) {
        const asked = ask(deps, attempt, found.deadline).finally(() => asking.delete(place));
        asking.set(place, asked);
        return asked;
      }
      const leftMs = endsAtMs - performance.now();
      // Nothing was asked for this one: nothing can come later.
      if (leftMs <= 0) return { kind: 'unavailable' };
      await settledWithin(ahead, leftMs);
    }
  }

  return async (attempt) => {
    const answer = await claim(attempt);
    deps.onAnswer(answer);
    return answer;
  };
}

/** Waits until a promise has settled, whichever way, or the time is over. */
async function settledWithin(promise: Promise<unknown>, ms: number): Promise<void> {
  const waiting = new AbortController();
  const isOver = sleep(ms, undefined, { signal: waiting.signal });
  await Promise.race([promise, isOver]).catch(() => undefined);
  isOver.catch(() => undefined);
  waiting.abort();
}

/** What the row answers, or until when the run may grant the claim, by the database's clock. */
async function look(
  { withTenant, leaseMs, budgetMs }: ClaimConversationDeps,
  { tenantId, conversationId, requestId, credentialId }: ClaimAttempt,
): Promise<ClaimAnswer | { readonly deadline: Date }> {
  return withTenant(tenantId, async (tx) => {
    const met = await meetClaim(tx, conversationId, { requestId, credentialId, leaseMs });
    return met === undefined ? { deadline: await momentIn(tx, budgetMs) } : answerOf(met.outcome);
  });
}

const answerOf = (outcome: ClaimOutcome | undefined): ClaimAnswer =>
  outcome === undefined || outcome.kind === 'late' ? { kind: 'unavailable' } : outcome;

/**
 * Has the run grant the claim. When no answer comes, the row says whether it did; after the deadline,
 * which the claiming statement compares with the clock of the database, it never will.
 */
async function ask(
  deps: ClaimConversationDeps,
  attempt: ClaimAttempt,
  deadline: Date,
): Promise<ClaimAnswer> {
  const { tenantId, conversationId, requestId, credentialId } = attempt;
  const { runs, leaseMs, budgetMs, log } = deps;
  const request = { requestId, credentialId, leaseMs, deadline: deadline.toISOString() };
  try {
    const waitMs = budgetMs + answerMarginMs;
    return answerOf(await runs.acquire(tenantId, conversationId, request, waitMs));
  } catch (error) {
    log.warn({ event: 'claim.unanswered', conversationId, requestId, err: error });
    return settle(deps, attempt, deadline);
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
