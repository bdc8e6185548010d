import type { TenantTx, WithTenant } from '../../shared/db/tenant.ts';
import type { ClaimOutcome } from '../../shared/domain/claim.ts';
import { parseTenantId } from '../../shared/domain/ids.ts';
import { acquireClaim, tendClaim } from '../../shared/support/claims.ts';
import type { ClaimActivities, ClaimedConversation } from './contract.ts';

export interface ClaimDeps {
  readonly withTenant: WithTenant;
  /** Told of claims that ran out, after the commit. */
  readonly onClaimsExpired: (count: number) => void;
}

export function makeClaimActivities(deps: ClaimDeps): ClaimActivities {
  async function inTenant<Result extends { readonly expired: number }>(
    { tenantId, conversationId }: ClaimedConversation,
    work: (tx: TenantTx, conversationId: string) => Promise<Result>,
  ): Promise<Result> {
    const result = await deps.withTenant(parseTenantId(tenantId), (tx) => work(tx, conversationId));
    if (result.expired > 0) deps.onClaimsExpired(result.expired);
    return result;
  }
  return {
    async acquireClaims({ requests, ...input }) {
      const { outcomes, leftMs } = await inTenant(input, async (tx, conversationId) => {
        const outcomes: ClaimOutcome[] = [];
        let leftMs: number | null = null;
        let expired = 0;
        for (const request of requests) {
          const acquired = await acquireClaim(tx, conversationId, request);
          outcomes.push(acquired.outcome);
          ({ leftMs } = acquired);
          expired += acquired.expired;
        }
        return { outcomes, leftMs, expired };
      });
      return { outcomes, leftMs };
    },
    async tendClaim(input) {
      const { leftMs } = await inTenant(input, tendClaim);
      return { leftMs };
    },
  };
}
