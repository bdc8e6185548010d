import {
  assistantSenderId,
  type AssistantReason,
  type AssistantStage,
  type AssistantState,
  type SkipReason,
  type Situation,
} from '../../domain/assistant.ts';
import type { Position } from '../../domain/cursor.ts';
import { parseTenantId } from '../../domain/ids.ts';
import type { Pool } from '../pool.ts';
import type { AnnouncedQuestion, TenantTx } from '../tenant.ts';
import {
  equals,
  positionOf,
  readResource,
  readResourcePage,
  type PageRow,
  type PageSource,
  type ResourcePage,
} from './resource-page.ts';

/** What became of a question: something that a visitor wrote while the assistant was on. */
export interface AssistantRun {
  /** The question. */
  readonly messageId: string;
  readonly conversationId: string;
  readonly state: AssistantState;
  /** Where it ended; null while it is pending. */
  readonly stage: AssistantStage | null;
  readonly reason: AssistantReason | null;
  /** Of the best article that was found, from 0 to 1. */
  readonly confidence: number | null;
  readonly replyMessageId: string | null;
  /** The articles of the answer, the best first. */
  readonly articleIds: readonly string[];
  /** The claim for which it kept silent. */
  readonly claimId: string | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly finishedAt: Date | null;
}

interface RunRow {
  id: string;
  conversation_id: string;
  state: AssistantState;
  stage: AssistantStage | null;
  reason: AssistantReason | null;
  confidence: number | null;
  reply_message_id: string | null;
  article_ids: string[];
  claim_id: string | null;
  created_at: Date;
  updated_at: Date;
  finished_at: Date | null;
}

const source: PageSource = {
  columns: `r.message_id as id, r.conversation_id, r.state, r.stage, r.reason, r.confidence,
    r.reply_message_id, r.article_ids, r.claim_id, r.created_at, r.updated_at, r.finished_at`,
  from: 'assistant_runs r',
  tenantColumn: 'r.tenant_id',
  idColumn: 'r.message_id',
  sortColumn: 'r.updated_at',
};

const toRun = (row: RunRow): AssistantRun => ({
  messageId: row.id,
  conversationId: row.conversation_id,
  state: row.state,
  stage: row.stage,
  reason: row.reason,
  confidence: row.confidence,
  replyMessageId: row.reply_message_id,
  articleIds: row.article_ids,
  claimId: row.claim_id,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
  finishedAt: row.finished_at,
});

/** Questions of the tenant, last changed first. Takes one row more than `limit`. */
export async function listAssistantRuns(
  tx: TenantTx,
  page: ResourcePage,
  filter: {
    readonly conversationId: string | undefined;
    readonly state: AssistantState | undefined;
  },
): Promise<(AssistantRun & { readonly position: Position })[]> {
  const rows = await readResourcePage<RunRow & PageRow>(tx, source, page, [
    ...equals('r.conversation_id', 'uuid', filter.conversationId),
    ...equals('r.state', 'text', filter.state),
  ]);
  return rows.map((row) => ({ ...toRun(row), position: positionOf(row) }));
}

/**
 * What became of a question, or undefined when the assistant was not asked. `for update` locks it until
 * the commit; whoever locks the conversation as well does that first.
 */
export async function findAssistantRun(
  tx: TenantTx,
  messageId: string,
  lock: 'none' | 'for update' = 'none',
): Promise<AssistantRun | undefined> {
  const row = await readResource<RunRow>(tx, source, messageId, lock);
  return row && toRun(row);
}

/**
 * Notes a question if the assistant is on, in the transaction of the message; with a reason it is left
 * alone at once. Returns whether it now waits for its run.
 */
export async function insertAssistantRun(
  tx: TenantTx,
  question: { readonly messageId: string; readonly conversationId: string },
  skipped: SkipReason | undefined,
): Promise<boolean> {
  const { rows } = await tx.query<{ state: AssistantState }>({
    name: 'insert_assistant_run',
    text: `
      insert into assistant_runs as r (tenant_id, message_id, conversation_id, created_at, updated_at,
        state, stage, reason, finished_at, start_due_at)
      select $1::uuid, $2::uuid, $3::uuid, m.at, m.at,
        case when $4::text is null then 'pending' else 'skipped' end,
        case when $4::text is not null then 'start' end, $4::text,
        case when $4::text is not null then m.at end,
        case when $4::text is null then m.at + interval '10 s' end
      from assistant_settings s, clock_timestamp() m(at)
      where s.tenant_id = $1::uuid and s.is_enabled
      returning r.state`,
    values: [tx.tenantId, question.messageId, question.conversationId, skipped ?? null],
  });
  return rows[0]?.state === 'pending';
}

/** How a question ends. */
export interface AssistantEnding {
  readonly state: Exclude<AssistantState, 'pending'>;
  readonly stage: AssistantStage;
  readonly reason?: AssistantReason;
  readonly confidence?: number | null;
  readonly replyMessageId?: string | null;
  readonly articleIds?: readonly string[];
  readonly claimId?: string;
}

/** Ends a question that is pending; one that has ended already stays as it is. */
export async function finishAssistantRun(
  tx: TenantTx,
  messageId: string,
  ending: AssistantEnding,
): Promise<void> {
  await tx.query({
    name: 'finish_assistant_run',
    text: `
      update assistant_runs r set
        state = $3::text, stage = $4::text, reason = $5::text, confidence = $6::double precision,
        reply_message_id = $7::uuid, article_ids = $8::uuid[], claim_id = $9::uuid,
        finished_at = m.at, start_due_at = null,
        updated_at = greatest(m.at, r.updated_at + interval '1 millisecond')
      from clock_timestamp() m(at)
      where r.tenant_id = $1::uuid and r.message_id = $2::uuid and r.state = 'pending'`,
    values: [
      tx.tenantId,
      messageId,
      ending.state,
      ending.stage,
      ending.reason ?? null,
      ending.confidence ?? null,
      ending.replyMessageId ?? null,
      ending.articleIds ?? [],
      ending.claimId ?? null,
    ],
  });
}

/** A question as the visitor wrote it, and who else last wrote to them. */
export interface Question {
  readonly content: string;
  readonly lastSpeaker: Situation['lastSpeaker'];
}

/** Reads a question, and who wrote to the visitor besides the assistant. Undefined when it is gone. */
export async function findQuestion(tx: TenantTx, messageId: string): Promise<Question | undefined> {
  const { rows } = await tx.query<{
    content: string;
    is_person: boolean | null;
    is_later: boolean | null;
  }>({
    name: 'find_question',
    text: `
      select q.content, w.sender_type <> 'bot' as is_person, w.created_at > q.created_at as is_later
      from messages q
      left join lateral (
        select m.sender_type, m.created_at from messages m
        where m.tenant_id = $1::uuid and m.conversation_id = q.conversation_id
          and m.sender_type <> 'visitor' and m.sender_id <> $3::text
        order by m.created_at desc, m.id desc limit 1) w on true
      where q.tenant_id = $1::uuid and q.id = $2::uuid`,
    values: [tx.tenantId, messageId, assistantSenderId],
  });
  const [row] = rows;
  if (row === undefined) return undefined;
  const { content, is_person: isPerson, is_later: isLater } = row;
  const isAlone = isPerson === null || isLater === null;
  return { content, lastSpeaker: isAlone ? undefined : { isPerson, isLater } };
}

/** The text of a message, or undefined. */
export async function findMessageText(tx: TenantTx, id: string): Promise<string | undefined> {
  const { rows } = await tx.query<{ content: string }>({
    name: 'find_message_text',
    text: `select m.content from messages m where m.tenant_id = $1::uuid and m.id = $2::uuid`,
    values: [tx.tenantId, id],
  });
  return rows[0]?.content;
}

/** Takes due questions of all tenants and pushes each one's next time out (see migration 0023). */
export async function claimDueAssistantRuns(
  pool: Pool,
  rowsMax: number,
  waitBaseMs: number,
): Promise<readonly AnnouncedQuestion[]> {
  const { rows } = await pool.query<{
    tenant_id: string;
    message_id: string;
    conversation_id: string;
  }>({
    name: 'claim_due_assistant_runs',
    text: 'select * from claim_due_assistant_runs($1::integer, $2::integer)',
    values: [rowsMax, waitBaseMs],
  });
  return rows.map((row) => ({
    tenantId: parseTenantId(row.tenant_id),
    messageId: row.message_id,
    conversationId: row.conversation_id,
  }));
}
