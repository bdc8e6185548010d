/** Words of conversations that database, events, API and command line share. */

export const conversationStatuses = ['open', 'closed', 'snoozed'] as const;
export type ConversationStatus = (typeof conversationStatuses)[number];

export const conversationChannels = ['chat', 'email'] as const;
export type ConversationChannel = (typeof conversationChannels)[number];

/** What the built-in assistant does with a conversation. */
export const aiWorkflowStates = ['none', 'ai_handled', 'handoff'] as const;
export type AiWorkflowState = (typeof aiWorkflowStates)[number];

export const senderTypes = ['user', 'visitor', 'agent', 'bot'] as const;
export type SenderType = (typeof senderTypes)[number];

/** How long a claim lives after it is made, renewed, or used to send (S-110, S-111). */
export const claimLeaseMs = 300_000;

/** The longest message, in characters. */
export const messageCharactersMax = 20_000;

/**
 * Whether a program may take a conversation over: it is open, nobody holds it, and the built-in
 * assistant is not at work on it (S-115).
 */
export function isAutomationEligible(conversation: {
  readonly status: ConversationStatus;
  readonly aiWorkflowState: AiWorkflowState;
  readonly claim: object | null;
}): boolean {
  const { status, aiWorkflowState, claim } = conversation;
  return status === 'open' && claim === null && aiWorkflowState !== 'ai_handled';
}
