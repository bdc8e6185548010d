import type { Position } from '../../domain/cursor.ts';
import type { ConversationStatus, SenderType } from '../../domain/conversation.ts';
import type { TenantTx } from '../tenant.ts';
import {
  equals,
  positionOf,
  readResourcePage,
  type PageRow,
  type PageSource,
  type ResourcePage,
} from './resource-page.ts';

/** A message that is to be recorded. */
export interface NewMessage {
  readonly conversationId: string;
  /** The visitor's or user's id, or the name of who speaks for a program: `automation:<actor>`. */
  readonly senderId: string;
  readonly senderType: SenderType;
  readonly content: string;
  /** The credential of the program that sent it, or null. */
  readonly credentialId: string | null;
}

export interface Message extends NewMessage {
  readonly id: string;
  readonly createdAt: Date;
}

interface MessageRow {
  id: string;
  conversation_id: string;
  sender_id: string;
  sender_type: SenderType;
  content: string;
  automation_credential_id: string | null;
  created_at: Date;
}

const columns = `m.id, m.conversation_id, m.sender_id, m.sender_type, m.content,
  m.automation_credential_id, m.created_at`;

const toMessage = (row: MessageRow): Message => ({
  id: row.id,
  conversationId: row.conversation_id,
  senderId: row.sender_id,
  senderType: row.sender_type,
  content: row.content,
  credentialId: row.automation_credential_id,
  createdAt: row.created_at,
});

const source: PageSource = {
  columns,
  from: 'messages m',
  tenantColumn: 'm.tenant_id',
  idColumn: 'm.id',
  sortColumn: 'm.created_at',
  direction: 'asc',
};

/** Messages of a conversation, oldest first (S-114). Takes one row more than `limit`. */
export async function listMessages(
  tx: TenantTx,
  page: ResourcePage,
  conversationId: string,
): Promise<(Message & { readonly position: Position })[]> {
  const rows = await readResourcePage<MessageRow & PageRow>(
    tx,
    source,
    page,
    equals('m.conversation_id', 'uuid', conversationId),
  );
  return rows.map((row) => ({ ...toMessage(row), position: positionOf(row) }));
}

/** A recorded message, with the status that its conversation has now. */
export interface RecordedMessage {
  readonly message: Message;
  readonly conversationStatus: ConversationStatus;
}

/**
 * Records a message and what it makes of its conversation, which the caller has locked. Under the lock
 * each message gets a later moment than the one before, whatever the clock says: whoever has read up to
 * a message has missed none that came before it (S-114). A visitor's message opens the conversation and
 * gives the preview; whoever writes has read what the other side wrote, a program has not.
 */
export async function insertMessage(
  tx: TenantTx,
  id: string,
  message: NewMessage,
): Promise<RecordedMessage> {
  const { rows } = await tx.query<MessageRow & { conversation_status: ConversationStatus }>({
    name: 'insert_message',
    text: `
      with moment as materialized (
        select greatest(clock_timestamp()::timestamptz(3),
          c.last_message_at + interval '1 millisecond',
          c.updated_at + interval '1 millisecond') as at
        from conversations c where c.tenant_id = $1::uuid and c.id = $3::uuid
      ), touched as (
        update conversations c set
          last_message_at = n.at,
          updated_at = n.at,
          status = case $5::text when 'visitor' then 'open' else c.status end,
          resolved_at = case $5::text when 'visitor' then null else c.resolved_at end,
          last_inbound_message_at =
            case $5::text when 'visitor' then n.at else c.last_inbound_message_at end,
          last_inbound_message_preview = case $5::text when 'visitor'
            then left($6::text, 200) else c.last_inbound_message_preview end,
          unread_by_agent = case $5::text when 'visitor' then c.unread_by_agent + 1
            when 'bot' then c.unread_by_agent else 0 end,
          unread_by_visitor =
            case $5::text when 'visitor' then 0 else c.unread_by_visitor + 1 end
        from moment n
        where c.tenant_id = $1::uuid and c.id = $3::uuid
        returning c.status, n.at
      ), recorded as (
        insert into messages as m (tenant_id, id, conversation_id, sender_id, sender_type, content,
          automation_credential_id, created_at)
        select $1::uuid, $2::uuid, $3::uuid, $4::text, $5::text, $6::text, $7::uuid, t.at
        from touched t
        returning ${columns}
      )
      select m.*, t.status as conversation_status from recorded m, touched t`,
    values: [
      tx.tenantId,
      id,
      message.conversationId,
      message.senderId,
      message.senderType,
      message.content,
      message.credentialId,
    ],
  });
  const [row] = rows;
  if (row === undefined) throw new Error(`no conversation ${message.conversationId}`);
  return { message: toMessage(row), conversationStatus: row.conversation_status };
}
