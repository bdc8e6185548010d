import { z } from 'zod';
import {
  findConversation,
  listConversations,
  type Conversation,
} from '../../../shared/db/queries/conversations.ts';
import type { TenantTx } from '../../../shared/db/tenant.ts';
import { isAutomationEligible } from '../../../shared/domain/conversation.ts';
import {
  conversationChangeSchema,
  conversationDetailSchema,
  conversationFilters,
  conversationSchema,
  newConversationSchema,
} from '../../../shared/schemas/conversation-api.ts';
import { changeConversation, openConversation } from '../../../shared/support/conversations.ts';
import { addVisitor } from '../../../shared/support/visitors.ts';
import { defineResource, type WriteContext } from './define-resource.ts';
import { given } from './given.ts';
import { readVisitorFilter } from './visitors.ts';
import { noSuch } from './writes.ts';

/** What visitors and the desk say to each other (S-115). */
export const conversationRoutes = defineResource({
  name: 'conversation',
  path: 'conversations',
  title: 'Conversation',
  tag: 'Conversations',
  idField: 'conversationId',
  scopes: { read: 'conversations.read', write: 'conversations.write' },
  view: conversationSchema,
  detailView: conversationDetailSchema,
  filters: z.object(conversationFilters),
  list: (tx, page, { status, assignee: assignedAgentId, channel, ...visitor }) =>
    listConversations(tx, page, {
      status,
      assignedAgentId,
      channel,
      ...readVisitorFilter(visitor),
    }),
  find: findConversation,
  present,
  presentDetail: (conversation, tx) => ({
    ...present(conversation, tx),
    resolvedAt: momentText(conversation.resolvedAt),
    unreadByAgent: conversation.unreadByAgent,
    unreadByVisitor: conversation.unreadByVisitor,
  }),
  refusals: {
    conversations_tenant_id_visitor_id_fkey: noSuch('visitorId', 'visitor'),
    conversations_tenant_id_assigned_agent_id_fkey: noSuch('assignedAgentId', 'user'),
  },
  create: { body: newConversationSchema, run: open },
  update: {
    body: conversationChangeSchema,
    run: ({ tx, body: { conversationId: _id, ...change } }, before) =>
      changeConversation(tx, before, { ...given(change), ...withoutReason(change) }),
  },
});

async function open({
  tx,
  body,
}: WriteContext<z.output<typeof newConversationSchema>>): Promise<Conversation> {
  const { visitor = {}, channel = 'chat', subject = null, assignedAgentId = null } = body;
  const visitorId = body.visitorId ?? (await addVisitor(tx, given(visitor))).id;
  return openConversation(tx, { visitorId, channel, subject, assignedAgentId });
}

/** The reason of a hand-off goes with it. */
const withoutReason = ({ aiWorkflowState }: { readonly aiWorkflowState?: 'none' | undefined }) =>
  aiWorkflowState === undefined ? {} : { aiHandoffReason: null };

function present(conversation: Conversation, { tenantId }: TenantTx) {
  const { claim } = conversation;
  return {
    id: conversation.id,
    workspaceId: tenantId,
    visitorId: conversation.visitorId,
    assignedAgentId: conversation.assignedAgentId,
    status: conversation.status,
    channel: conversation.channel,
    subject: conversation.subject,
    aiWorkflowState: conversation.aiWorkflowState,
    aiHandoffReason: conversation.aiHandoffReason,
    automationEligible: isAutomationEligible(conversation),
    createdAt: conversation.createdAt.toISOString(),
    updatedAt: conversation.updatedAt.toISOString(),
    lastMessageAt: momentText(conversation.lastMessageAt),
    lastInboundMessageAt: momentText(conversation.lastInboundMessageAt),
    lastInboundMessagePreview: conversation.lastInboundMessagePreview,
    claim: claim && { credentialId: claim.credentialId, expiresAt: claim.expiresAt },
  };
}

const momentText = (moment: Date | null): string | null => moment?.toISOString() ?? null;
