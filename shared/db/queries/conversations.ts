import type {
  AiWorkflowState,
  ConversationChannel,
  ConversationStatus,
} from '../../domain/conversation.ts';
import type { Position } from '../../domain/cursor.ts';
import type { TenantTx } from '../tenant.ts';
import {
  equals,
  positionOf,
  readResourcePage,
  type PageRow,
  type PageSource,
  type ResourcePage,
} from './resource-page.ts';
import { visitorConditions, type VisitorFilter } from './visitors.ts';

/** What of a conversation can be changed. */
export interface ConversationState {
  readonly status: ConversationStatus;
  /** The user it is assigned to. */
  readonly assignedAgentId: string | null;
  readonly aiWorkflowState: AiWorkflowState;
  readonly aiHandoffReason: string | null;
}

export interface Conversation extends ConversationState {
  readonly id: string;
  readonly visitorId: string | null;
  readonly channel: ConversationChannel;
  readonly subject: string | null;
  readonly unreadByAgent: number;
  readonly unreadByVisitor: number;
  readonly lastMessageAt: Date | null;
  readonly lastInboundMessageAt: Date | null;
  /** The first 200 characters of the visitor's last message. */
  readonly lastInboundMessagePreview: string | null;
  /** The claim that was live by the database's clock when the statement began, or null (S-115). */
  readonly claim: { readonly credentialId: string | null; readonly expiresAt: string } | null;
  readonly resolvedAt: Date | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

interface ConversationRow {
  id: string;
  visitor_id: string | null;
  assigned_agent_id: string | null;
  status: ConversationStatus;
  channel: ConversationChannel;
  subject: string | null;
  ai_workflow_state: AiWorkflowState;
  ai_handoff_reason: string | null;
  unread_by_agent: number;
  unread_by_visitor: number;
  last_message_at: Date | null;
  last_inbound_message_at: Date | null;
  last_inbound_message_preview: string | null;
  claim: { credentialId: string | null; expiresAt: string } | null;
  resolved_at: Date | null;
  created_at: Date;
  updated_at: Date;
}

const columns = `c.id, c.visitor_id, c.assigned_agent_id, c.status, c.channel, c.subject,
  c.ai_workflow_state, c.ai_handoff_reason, c.unread_by_agent, c.unread_by_visitor,
  c.last_message_at, c.last_inbound_message_at, c.last_inbound_message_preview,
  (select json_build_object('credentialId', k.credential_id, 'expiresAt',
      to_char(k.expires_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))
    from conversation_claims k
    where k.tenant_id = c.tenant_id and k.conversation_id = c.id and k.status = 'active'
      and k.expires_at > clock_timestamp()) as claim,
  c.resolved_at, c.created_at, c.updated_at`;

const toConversation = (row: ConversationRow): Conversation => ({
  id: row.id,
  visitorId: row.visitor_id,
  assignedAgentId: row.assigned_agent_id,
  status: row.status,
  channel: row.channel,
  subject: row.subject,
  aiWorkflowState: row.ai_workflow_state,
  aiHandoffReason: row.ai_handoff_reason,
  unreadByAgent: row.unread_by_agent,
  unreadByVisitor: row.unread_by_visitor,
  lastMessageAt: row.last_message_at,
  lastInboundMessageAt: row.last_inbound_message_at,
  lastInboundMessagePreview: row.last_inbound_message_preview,
  claim: row.claim,
  resolvedAt: row.resolved_at,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
});

const source: PageSource = {
  columns,
  from: `conversations c
    left join visitors v on v.tenant_id = c.tenant_id and v.id = c.visitor_id`,
  tenantColumn: 'c.tenant_id',
  idColumn: 'c.id',
  sortColumn: 'c.updated_at',
};

/** Which conversations a list holds; what is undefined asks for nothing. */
export interface ConversationFilter extends VisitorFilter {
  readonly status: ConversationStatus | undefined;
  readonly assignedAgentId: string | undefined;
  readonly channel: ConversationChannel | undefined;
}

/** Conversations of the tenant, last changed first (S-115). Takes one row more than `limit`. */
export async function listConversations(
  tx: TenantTx,
  page: ResourcePage,
  filter: ConversationFilter,
): Promise<(Conversation & { readonly position: Position })[]> {
  const rows = await readResourcePage<ConversationRow & PageRow>(tx, source, page, [
    ...equals('c.status', 'text', filter.status),
    ...equals('c.assigned_agent_id', 'uuid', filter.assignedAgentId),
    ...equals('c.channel', 'text', filter.channel),
    ...visitorConditions(filter),
  ]);
  return rows.map((row) => ({ ...toConversation(row), position: positionOf(row) }));
}

/**
 * A conversation, or undefined. `for update` locks it until the commit, as everyone does who writes
 * to it: messages of one conversation are recorded one after the other.
 */
export async function findConversation(
  tx: TenantTx,
  id: string,
  lock: 'none' | 'for update' = 'none',
): Promise<Conversation | undefined> {
  // Its key never changes, so that rows that refer to it need not wait for the lock.
  const { rows } = await tx.query<ConversationRow>({
    text: `
      select ${columns} from conversations c
      where c.tenant_id = $1::uuid and c.id = $2::uuid
      ${lock === 'none' ? '' : 'for no key update'}`,
    values: [tx.tenantId, id],
  });
  return rows[0] && toConversation(rows[0]);
}

/** A conversation that begins. */
export interface NewConversation {
  readonly visitorId: string;
  readonly channel: ConversationChannel;
  readonly subject: string | null;
  readonly assignedAgentId: string | null;
}

/** Stores an open conversation without messages. */
export async function insertConversation(
  tx: TenantTx,
  id: string,
  { visitorId, channel, subject, assignedAgentId }: NewConversation,
): Promise<Conversation> {
  const { rows } = await tx.query<ConversationRow>({
    name: 'insert_conversation',
    text: `
      insert into conversations as c (tenant_id, id, visitor_id, channel, subject,
        assigned_agent_id, created_at, updated_at)
      select $1::uuid, $2::uuid, $3::uuid, $4::text, $5::text, $6::uuid, moment, moment
      from clock_timestamp() moment
      returning ${columns}`,
    values: [tx.tenantId, id, visitorId, channel, subject, assignedAgentId],
  });
  return toConversation(rows[0] as ConversationRow);
}

/**
 * Stores what a conversation has become. The row is locked by the caller. Closing stamps the moment of
 * the resolution, and anything else takes it away. The moment of the change is later than the one shown
 * before, so that nobody who asks for what is newer misses it (S-114).
 */
export async function updateConversation(
  tx: TenantTx,
  id: string,
  state: ConversationState,
): Promise<Conversation> {
  const { rows } = await tx.query<ConversationRow>({
    name: 'update_conversation',
    text: `
      update conversations c set
        status = $3::text, assigned_agent_id = $4::uuid, ai_workflow_state = $5::text,
        ai_handoff_reason = $6::text,
        resolved_at = case when $3::text = 'closed' then coalesce(c.resolved_at, m.at) end,
        updated_at = greatest(m.at, c.updated_at + interval '1 millisecond')
      from clock_timestamp() m(at)
      where c.tenant_id = $1::uuid and c.id = $2::uuid
      returning ${columns}`,
    values: [
      tx.tenantId,
      id,
      state.status,
      state.assignedAgentId,
      state.aiWorkflowState,
      state.aiHandoffReason,
    ],
  });
  return toConversation(rows[0] as ConversationRow);
}

/** Gives a locked conversation another visitor. */
export async function setConversationVisitor(
  tx: TenantTx,
  id: string,
  visitorId: string,
): Promise<void> {
  await tx.query({
    name: 'set_conversation_visitor',
    text: `
      update conversations c set visitor_id = $3::uuid,
        updated_at = greatest(clock_timestamp(), c.updated_at + interval '1 millisecond')
      where c.tenant_id = $1::uuid and c.id = $2::uuid`,
    values: [tx.tenantId, id, visitorId],
  });
}
