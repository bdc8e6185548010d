/** Names and types that others may know of the claimLease workflow. Public API: change with a version. */

export const claimLeaseName = 'claimLease';

export interface ClaimLeaseInput {
  readonly tenantId: string;
  readonly conversationId: string;
  /** After so many looks at the row the run continues as new, so that no history grows for ever. */
  readonly turnsMax: number;
}

/** The id of the run that keeps the time of a conversation's claims, under the slug of its tenant. */
export const claimWorkflowId = (tenantSlug: string, conversationId: string): string =>
  `claim/${tenantSlug}/${conversationId}`;

/** An update, sent with a start: takes a ClaimRequest and answers with a ClaimOutcome. */
export const acquireUpdateName = 'acquire';

/** Sent when a claim was ended: the run looks at the row anew. */
export const claimChangedSignalName = 'changed';
