import { findArticle, type Article } from '../db/queries/articles.ts';
import {
  findAssistantRun,
  findMessageText,
  findQuestion,
  finishAssistantRun,
  type AssistantEnding,
  type AssistantRun,
  type Question,
} from '../db/queries/assistant-runs.ts';
import { findAssistantSettings } from '../db/queries/assistant-settings.ts';
import { findLiveClaim } from '../db/queries/conversation-claims.ts';
import { findConversation, type Conversation } from '../db/queries/conversations.ts';
import type { TenantTx } from '../db/tenant.ts';
import {
  answerText,
  assistantSenderId,
  handOffReasons,
  reasonText,
  reasonToStop,
  type AssistantResult,
  type AssistantSettings,
  type AssistantStage,
  type HandOffReason,
} from '../domain/assistant.ts';
import { changeConversation } from './conversations.ts';
import { recordBotMessage } from './messages.ts';

/** A message of a visitor that the assistant was asked about. */
export interface Asked {
  readonly conversationId: string;
  readonly messageId: string;
}

/** What the assistant finds when it looks around: whether it may go on. */
export type Standing =
  | { readonly kind: 'ended'; readonly result: AssistantResult }
  | {
      readonly kind: 'free';
      readonly conversation: Conversation;
      readonly settings: AssistantSettings;
      readonly question: Question;
    };

/**
 * Looks whether the assistant may go on with a question, and ends it when it may not: somebody holds a
 * claim of the conversation, or has it otherwise (S-113). At `persistence` the conversation and the
 * question stay locked until the commit. Claims are made under the lock of the conversation: none can
 * come between the look and what is written after it. A question that has ended answers with what it
 * ended with.
 */
export async function lookAround(
  tx: TenantTx,
  { conversationId, messageId }: Asked,
  stage: AssistantStage,
): Promise<Standing> {
  const lock = stage === 'persistence' ? 'for update' : 'none';
  const conversation = await findConversation(tx, conversationId, lock);
  const run = await findAssistantRun(tx, messageId, lock);
  const question = await findQuestion(tx, messageId);
  if (conversation === undefined || run === undefined || question === undefined) return gone;
  if (run.state !== 'pending') return { kind: 'ended', result: await resultOf(tx, run) };

  const claim = await findLiveClaim(tx, conversationId);
  const settings = await findAssistantSettings(tx, lock === 'none' ? 'none' : 'for share');
  const reason = reasonToStop({
    settings,
    conversation,
    isClaimed: claim !== undefined,
    lastSpeaker: question.lastSpeaker,
  });
  if (reason === undefined) return { kind: 'free', conversation, settings, question };
  const ending =
    reason === 'claimed' && claim !== undefined
      ? ({ state: 'suppressed', stage, reason, claimId: claim.id } as const)
      : ({ state: 'skipped', stage, reason } as const);
  return { kind: 'ended', result: await finish(tx, messageId, ending) };
}

const silent = { response: '', confidence: 0, messageId: null } as const;
/** A tenant, a conversation or a trace that was removed. */
const gone: Standing = { kind: 'ended', result: { ...silent, handoff: true, reason: null } };

/**
 * Answers a question from articles, the best first, if it still may, and takes the conversation into its
 * hands. Undefined, and nothing written, when one of the articles is not for visitors any more: until
 * the commit they stay what they are.
 */
export async function answerQuestion(
  tx: TenantTx,
  asked: Asked,
  answer: { readonly articleIds: readonly string[]; readonly confidence: number },
): Promise<AssistantResult | undefined> {
  const standing = await lookAround(tx, asked, 'persistence');
  if (standing.kind === 'ended') return standing.result;
  const articles = await lockArticles(tx, answer.articleIds);
  if (articles === undefined) return undefined;
  const { conversation, settings } = standing;
  const isFirst = conversation.aiWorkflowState === 'none';
  const content = answerText(isFirst ? settings.greeting : '', articles);
  const { id } = await say(tx, conversation, content);
  await changeConversation(tx, conversation, { aiWorkflowState: 'ai_handled' });
  const { articleIds, confidence } = answer;
  const ending = { state: 'answered', stage: 'persistence', articleIds, confidence } as const;
  return finish(tx, asked.messageId, { ...ending, replyMessageId: id });
}

/** Hands the conversation of a question to people if the assistant still may, and tells the visitor. */
export async function handOffQuestion(
  tx: TenantTx,
  asked: Asked,
  { reason, confidence }: { readonly reason: HandOffReason; readonly confidence: number | null },
): Promise<AssistantResult> {
  const standing = await lookAround(tx, asked, 'persistence');
  if (standing.kind === 'ended') return standing.result;
  const { conversation, settings } = standing;
  const isSilent = settings.handOffText === '';
  const said = isSilent ? undefined : await say(tx, conversation, settings.handOffText);
  await changeConversation(tx, conversation, {
    aiWorkflowState: 'handoff',
    aiHandoffReason: handOffReasons[reason],
  });
  const ending = { state: 'handed_off', stage: 'persistence', reason, confidence } as const;
  return finish(tx, asked.messageId, { ...ending, replyMessageId: said?.id ?? null });
}

const say = (tx: TenantTx, conversation: Conversation, content: string) =>
  recordBotMessage(tx, conversation, { senderId: assistantSenderId, credentialId: null, content });

/** The articles in the given order; undefined when a visitor may not see one of them. */
async function lockArticles(
  tx: TenantTx,
  ids: readonly string[],
): Promise<readonly Article[] | undefined> {
  const locked = new Map<string, Article>();
  // In one order for all: no two answers wait for each other.
  for (const id of ids.toSorted()) {
    const article = await findArticle(tx, id, 'for update');
    if (article?.status !== 'published' || article.visibility !== 'public') return undefined;
    locked.set(id, article);
  }
  return ids.map((id) => locked.get(id) as Article);
}

/** Ends a question and says with what. When it was ended meanwhile, that counts. */
async function finish(
  tx: TenantTx,
  messageId: string,
  ending: AssistantEnding,
): Promise<AssistantResult> {
  await finishAssistantRun(tx, messageId, ending);
  const run = await findAssistantRun(tx, messageId);
  if (run === undefined) throw new Error(`no trace of ${messageId}`);
  return resultOf(tx, run);
}

/** What a question that has ended ended with. */
async function resultOf(tx: TenantTx, run: AssistantRun): Promise<AssistantResult> {
  const reason = run.reason === null ? null : reasonText(run.reason);
  const { replyMessageId, state } = run;
  const handoff = state === 'suppressed' || state === 'handed_off' || isWithPeople(run);
  if (state === 'suppressed' || state === 'skipped') return { ...silent, handoff, reason };
  const response =
    replyMessageId === null ? '' : ((await findMessageText(tx, replyMessageId)) ?? '');
  return { response, confidence: run.confidence ?? 0, handoff, reason, messageId: replyMessageId };
}

const isWithPeople = ({ reason }: AssistantRun): boolean =>
  reason === 'handed_off' || reason === 'assigned' || reason === 'with_agent';
