import type { AskedQuestion } from '../../activities/assistant/contract.ts';

/** Names and types that others may know of the assistantReply workflow. Public API: change with a version. */

export const assistantReplyName = 'assistantReply';

export type AssistantReplyInput = AskedQuestion;

/** The id of the run about a message of a visitor, under the slug of its tenant. */
export const assistantWorkflowId = (tenantSlug: string, messageId: string): string =>
  `assist/${tenantSlug}/${messageId}`;
