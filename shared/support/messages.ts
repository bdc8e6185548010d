import { v7 as uuidv7 } from 'uuid';
import type { Conversation } from '../db/queries/conversations.ts';
import { insertMessage, type Message, type NewMessage } from '../db/queries/messages.ts';
import { markVisitorSeen } from '../db/queries/visitors.ts';
import type { TenantTx } from '../db/tenant.ts';
import { askAssistant } from './ask-assistant.ts';
import { tellChange } from './conversations.ts';
import { tell, type Cause } from './tell.ts';

/** A program that speaks: the built-in assistant (`credentialId` null), or one with a credential. */
export interface Speaker {
  readonly senderId: string;
  readonly credentialId: string | null;
}

/**
 * Records what a visitor wrote, and asks the built-in assistant about it. It opens a conversation that
 * was closed or snoozed: somebody waits for an answer again. The caller has locked the conversation.
 */
export async function recordVisitorMessage(
  tx: TenantTx,
  conversation: Conversation,
  { visitorId, content }: { readonly visitorId: string; readonly content: string },
  cause: Cause = {},
  id?: string,
): Promise<Message> {
  await markVisitorSeen(tx, visitorId);
  const written = {
    senderId: visitorId,
    senderType: 'visitor',
    content,
    credentialId: null,
  } as const;
  const message = await record(tx, conversation, written, cause, id);
  await askAssistant(tx, conversation, message.id);
  return message;
}

/** Records what a user wrote to the visitor. The caller has locked the conversation. */
export function recordAgentMessage(
  tx: TenantTx,
  conversation: Conversation,
  { userId, content }: { readonly userId: string; readonly content: string },
  cause: Cause = {},
): Promise<Message> {
  const written = { senderId: userId, senderType: 'agent', content, credentialId: null } as const;
  return record(tx, conversation, written, cause);
}

/**
 * Records what a program wrote to the visitor. The caller has locked the conversation and made sure, in
 * this transaction, that nobody else's claim is live (S-111, S-113).
 */
export function recordBotMessage(
  tx: TenantTx,
  conversation: Conversation,
  { content, ...speaker }: Speaker & { readonly content: string },
  cause: Cause = {},
): Promise<Message> {
  return record(tx, conversation, { ...speaker, senderType: 'bot', content }, cause);
}

async function record(
  tx: TenantTx,
  conversation: Conversation,
  written: Omit<NewMessage, 'conversationId'>,
  cause: Cause,
  id: string = uuidv7(),
): Promise<Message> {
  const { id: conversationId, channel } = conversation;
  const recorded = await insertMessage(tx, id, { ...written, conversationId });
  await tell(tx, cause, {
    type: 'message.created',
    objectType: 'message',
    objectId: id,
    data: { conversationId, senderType: written.senderType, channel },
  });
  const after = { ...conversation, status: recorded.conversationStatus };
  await tellChange(tx, after, conversation, cause);
  return recorded.message;
}
