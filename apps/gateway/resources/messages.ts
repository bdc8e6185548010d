import { extendClaim, findLiveClaim } from '../../../shared/db/queries/conversation-claims.ts';
import { findConversation, type Conversation } from '../../../shared/db/queries/conversations.ts';
import { listMessages, type Message } from '../../../shared/db/queries/messages.ts';
import type { TenantTx } from '../../../shared/db/tenant.ts';
import { claimLeaseMs } from '../../../shared/domain/conversation.ts';
import { decodeCursor, pageOf } from '../../../shared/domain/cursor.ts';
import { TidegateError } from '../../../shared/errors/tidegate-error.ts';
import { listOf } from '../../../shared/schemas/common.ts';
import {
  messageBytesMax,
  messageSchema,
  messagesQuery,
  newMessageSchema,
  receivedMessageSchema,
} from '../../../shared/schemas/conversation-api.ts';
import { writtenSchema } from '../../../shared/schemas/resource-api.ts';
import {
  recordAgentMessage,
  recordBotMessage,
  recordVisitorMessage,
} from '../../../shared/support/messages.ts';
import type { KeyCaller, UserCaller } from '../api/caller.ts';
import { defineSharedRoute, type ApiRoute } from '../api/route.ts';
import { claimHeld, notTheHolder } from '../claims/refusals.ts';
import { noteWrite } from './writes.ts';

const path = '/api/v1/conversations/messages';

const list = defineSharedRoute({
  method: 'GET',
  path,
  operationId: 'listMessages',
  tag: 'Messages',
  summary: 'The messages of a conversation, oldest first',
  permission: 'messages.read',
  scope: 'messages.read',
  query: messagesQuery,
  status: 200,
  response: listOf(messageSchema),
  errors: ['not_found', 'cursor_invalid'],
  async handle({ tx, query: { conversationId, limit, cursor, updatedSince } }) {
    await requireConversation(tx, conversationId, 'none');
    const after = cursor === undefined ? undefined : decodeCursor(cursor);
    const found = await listMessages(tx, { after, limit, updatedSince }, conversationId);
    const { rows, ...page } = pageOf(found, limit);
    return { data: rows.map(present), ...page };
  },
});

const send = defineSharedRoute({
  method: 'POST',
  path: `${path}/send`,
  operationId: 'sendMessage',
  tag: 'Messages',
  summary: 'Write to the visitor',
  description:
    'A credential needs its live claim of the conversation, which then runs for 300 s from the message; it speaks as `automation:` and its actor name. A user speaks as an agent, and is refused while a program holds the claim.',
  permission: 'messages.write',
  scope: 'messages.write',
  body: newMessageSchema,
  bodyLimitBytes: messageBytesMax,
  status: 201,
  repeatStatus: 200,
  response: writtenSchema,
  errors: ['not_found', 'claim_required', 'claim_held'],
  async handle(context) {
    const { tx, caller, body } = context;
    const conversation = await requireConversation(tx, body.conversationId, 'for update');
    const message =
      caller.kind === 'key'
        ? await sendAsProgram(tx, caller, conversation, body)
        : await sendAsAgent(tx, caller, conversation, body.content);
    await noteWrite(context, 'message', 'sent', message.id, []);
    return { id: message.id };
  },
});

const receive = defineSharedRoute({
  method: 'POST',
  path: `${path}/receive`,
  operationId: 'receiveMessage',
  tag: 'Messages',
  summary: 'Record what the visitor wrote',
  description:
    'For programs that bring what visitors write elsewhere, such as a chat on a page. A closed or snoozed conversation is open again, with the same assignee: somebody waits for an answer.',
  permission: 'messages.write',
  scope: 'messages.write',
  body: receivedMessageSchema,
  bodyLimitBytes: messageBytesMax,
  status: 201,
  response: writtenSchema,
  errors: ['not_found', 'visitor_missing'],
  async handle(context) {
    const { tx, body } = context;
    const conversation = await requireConversation(tx, body.conversationId, 'for update');
    const { visitorId } = conversation;
    if (visitorId === null) throw new TidegateError('visitor_missing');
    const { content } = body;
    const message = await recordVisitorMessage(tx, conversation, { visitorId, content });
    await noteWrite(context, 'message', 'received', message.id, []);
    return { id: message.id };
  },
});

/** What is said in conversations. Messages are never changed (S-018, S-111, S-114). */
export const messageRoutes: readonly ApiRoute[] = [list, send, receive];

/** The conversation, or `not_found`: also for one of another tenant. */
async function requireConversation(
  tx: TenantTx,
  id: string,
  lock: 'none' | 'for update',
): Promise<Conversation> {
  const conversation = await findConversation(tx, id, lock);
  if (conversation === undefined) throw new TidegateError('not_found');
  return conversation;
}

/** Sends in the name of the live claim of a credential, and extends it. */
async function sendAsProgram(
  tx: TenantTx,
  { credentialId, actorName }: KeyCaller,
  conversation: Conversation,
  { content, claimId }: { readonly content: string; readonly claimId?: string | undefined },
): Promise<Message> {
  const { id: conversationId } = conversation;
  const holder = { conversationId, credentialId, claimId, leaseMs: claimLeaseMs };
  const claim = await extendClaim(tx, holder);
  if (claim.kind !== 'extended') throw notTheHolder(claim);
  const senderId = `automation:${actorName}`;
  return recordBotMessage(tx, conversation, { senderId, credentialId, content });
}

/** Sends as a person, unless a program is at work on the conversation. */
async function sendAsAgent(
  tx: TenantTx,
  { userId }: UserCaller,
  conversation: Conversation,
  content: string,
): Promise<Message> {
  const claim = await findLiveClaim(tx, conversation.id);
  if (claim !== undefined) throw claimHeld(claim.expiresAt);
  return recordAgentMessage(tx, conversation, { userId, content });
}

const present = (message: Message) => ({
  id: message.id,
  conversationId: message.conversationId,
  senderId: message.senderId,
  senderType: message.senderType,
  content: message.content,
  createdAt: message.createdAt.toISOString(),
});
