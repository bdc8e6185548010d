/** Claims as runs, activities and the API speak of them. Stands in histories: change with a version. */

/** One request to claim a conversation. */
export interface ClaimRequest {
  /** Names the request: repeated, it finds the claim that it made. */
  readonly requestId: string;
  readonly credentialId: string;
  readonly leaseMs: number;
  /** ISO 8601, by the clock of the database: later, nothing is claimed, because nobody waits for it. */
  readonly deadline: string;
}

export type ClaimOutcome =
  /** The credential holds it: by this request, or by an earlier one whose claim now lives longer. */
  | {
      readonly kind: 'granted';
      readonly renewed: boolean;
      readonly claimId: string;
      readonly fence: number;
      /** ISO 8601. */
      readonly expiresAt: string;
    }
  /** Another credential holds it. */
  | { readonly kind: 'held'; readonly until: string }
  | { readonly kind: 'not_open' }
  | { readonly kind: 'not_found' }
  /** The deadline had passed. */
  | { readonly kind: 'late' };
