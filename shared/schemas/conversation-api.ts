import { z } from 'zod';
import {
  aiWorkflowStates,
  conversationChannels,
  conversationStatuses,
  messageCharactersMax,
  senderTypes,
} from '../domain/conversation.ts';
import { timestampSchema } from './common.ts';
import { listQuery, textSchema } from './resource-api.ts';
import { newVisitorSchema, visitorFilters } from './visitor-api.ts';

const statusSchema = z.enum(conversationStatuses);
const channelSchema = z.enum(conversationChannels);
const assigneeSchema = z.uuid().nullable().describe('The user it is assigned to; null: nobody');

const claimSchema = z
  .strictObject({
    credentialId: z.uuid().nullable().describe('Who holds it; null when the credential is gone'),
    expiresAt: timestampSchema,
  })
  .nullable()
  .describe('The live claim; while there is one, nobody but its holder sends');

const conversationMembers = {
  id: z.uuid(),
  workspaceId: z.uuid().describe('The tenant'),
  visitorId: z.uuid().nullable(),
  assignedAgentId: assigneeSchema,
  status: statusSchema,
  channel: channelSchema,
  subject: z.string().nullable(),
  aiWorkflowState: z.enum(aiWorkflowStates).describe('What the built-in assistant does with it'),
  aiHandoffReason: z.string().nullable(),
  automationEligible: z
    .boolean()
    .describe('Open, not claimed, and not in the hands of the built-in assistant'),
  createdAt: timestampSchema,
  updatedAt: timestampSchema,
  lastMessageAt: timestampSchema.nullable(),
  lastInboundMessageAt: timestampSchema.nullable().describe('When the visitor last wrote'),
  lastInboundMessagePreview: z
    .string()
    .nullable()
    .describe('The first 200 characters of what the visitor last wrote'),
  claim: claimSchema,
};

export const conversationSchema = z.strictObject(conversationMembers).meta({ id: 'Conversation' });
export type ConversationView = z.output<typeof conversationSchema>;

export const conversationDetailSchema = z
  .strictObject({
    ...conversationMembers,
    resolvedAt: timestampSchema.nullable().describe('When it was closed; null while it is not'),
    unreadByAgent: z.int().describe('What the visitor wrote since an agent did'),
    unreadByVisitor: z.int().describe('What was written to the visitor since they did'),
  })
  .meta({ id: 'ConversationDetail' });
export type ConversationDetailView = z.output<typeof conversationDetailSchema>;

export const conversationFilters = {
  status: statusSchema.optional(),
  assignee: z.uuid().optional().describe('The user that they are assigned to'),
  channel: channelSchema.optional(),
  ...visitorFilters,
} as const;

export const newConversationSchema = z
  .strictObject({
    visitorId: z.uuid().optional(),
    visitor: newVisitorSchema
      .optional()
      .describe('A new visitor, who may say nothing of themselves'),
    channel: channelSchema.optional().describe('chat when absent'),
    subject: textSchema(500).nullable().optional(),
    assignedAgentId: assigneeSchema.optional(),
  })
  .refine(
    ({ visitorId, visitor }) => (visitorId === undefined) !== (visitor === undefined),
    'One of visitorId and visitor says whose conversation it is.',
  )
  .meta({ id: 'NewConversation' });

export const conversationChangeSchema = z
  .strictObject({
    conversationId: z.uuid(),
    status: statusSchema.optional(),
    assignedAgentId: assigneeSchema.optional(),
    aiWorkflowState: z
      .literal('none')
      .optional()
      .describe('Takes back a hand-off, so that programs and the assistant may answer again'),
  })
  .meta({ id: 'ConversationChange' });

export const messageSchema = z
  .strictObject({
    id: z.uuid(),
    conversationId: z.uuid(),
    senderId: z
      .string()
      .describe(
        'Id of the visitor or user; for a program automation: and its actor name; assistant for the built-in one',
      ),
    senderType: z.enum(senderTypes),
    content: z.string(),
    createdAt: timestampSchema,
  })
  .meta({ id: 'Message' });
export type MessageView = z.output<typeof messageSchema>;

export const messagesQuery = z.object({ ...listQuery, conversationId: z.uuid() });

/** The text of a message. */
export const messageContentSchema = textSchema(messageCharactersMax);

/**
 * The largest body with a message in bytes: one of only characters that JSON escapes as two halves is
 * twelve bytes a character.
 */
export const messageBytesMax = 262_144;

export const newMessageSchema = z
  .strictObject({
    conversationId: z.uuid(),
    content: messageContentSchema,
    claimId: z
      .uuid()
      .optional()
      .describe(
        'The claim that the credential believes to hold; any live one of its own when absent',
      ),
  })
  .meta({ id: 'NewMessage' });

export const receivedMessageSchema = z
  .strictObject({ conversationId: z.uuid(), content: messageContentSchema })
  .meta({ id: 'ReceivedMessage' });
