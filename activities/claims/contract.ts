import type { ClaimOutcome, ClaimRequest } from '../../shared/domain/claim.ts';

export interface ClaimedConversation {
  readonly tenantId: string;
  readonly conversationId: string;
}

/** How long the claim that is live has left, in whole milliseconds; null when none is. */
export interface ClaimStanding {
  readonly leftMs: number | null;
}

export interface AcquireResult extends ClaimStanding {
  /** One for each request, in their order. */
  readonly outcomes: readonly ClaimOutcome[];
}

/** Complete in itself: each call does what is due by the rows, whoever calls it and however often. */
export interface ClaimActivities {
  /** For each request, in one transaction: claims the conversation, renews the claim, or says why not. */
  acquireClaims(
    input: ClaimedConversation & { readonly requests: readonly ClaimRequest[] },
  ): Promise<AcquireResult>;
  /** Ends the claim if it ran out. */
  tendClaim(input: ClaimedConversation): Promise<ClaimStanding>;
}
