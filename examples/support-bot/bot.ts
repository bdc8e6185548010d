import { Refused, type Answer, type Tidegate } from '../client/tidegate.ts';
import { answerTo, type Article } from './knowledge.ts';
import type { PositionFile } from './position.ts';

export interface BotDeps {
  readonly tidegate: Tidegate;
  readonly position: PositionFile;
  readonly log: (line: string) => void;
}

interface Message {
  readonly id: string;
  readonly senderType: 'user' | 'visitor' | 'agent' | 'bot';
  readonly content: string;
}

interface Conversation {
  readonly id: string;
  readonly status: string;
  readonly aiWorkflowState: string;
  readonly automationEligible: boolean;
  readonly lastMessageAt: string | null;
  readonly lastInboundMessageAt: string | null;
}

/** Answers in one conversation before the next one has its turn. */
const answersMax = 5;
const pagesMax = 10;

/**
 * Answers what waits in a conversation, under a claim, and gives the claim back. Does nothing when
 * somebody else holds it, when nothing waits, or when people are asked already. Safe to repeat.
 */
export async function serve(deps: BotDeps, conversationId: string): Promise<void> {
  const { tidegate, position, log } = deps;
  const isResumed = position.read().working?.conversationId === conversationId;
  const found = await tidegate.get('/conversations/get', { id: conversationId });
  if (found.status === 404) return forget(deps);
  const conversation = expectOk(found) as Conversation;
  if (!isForPrograms(conversation)) return forget(deps);
  if (!isResumed) {
    if (!isWaiting(conversation)) return;
    position.change({ working: { conversationId } });
  }
  const claim = await tidegate.post('/conversations/claim', { conversationId });
  if (isConflict(claim)) {
    log(`${conversationId} is somebody else’s: ${claim.body.code}`);
    return forget(deps);
  }
  log(`${conversationId} claimed until it is answered`);
  const outcome = await answerAll(deps, conversationId, expectOk(claim).claimId);
  if (outcome !== 'lost') {
    const end = outcome === 'unknown' ? 'escalate' : 'release';
    const ended = await tidegate.post(`/conversations/${end}`, { conversationId });
    // One that ran out, or whose end was answered to a process that is gone, is ended as well.
    if (!isConflict(ended)) expectOk(ended);
    log(`${conversationId} ${end}d`);
  }
  forget(deps);
}

/** Looks through all open conversations for those that wait. */
export async function serveAll(deps: BotDeps): Promise<void> {
  const { working } = deps.position.read();
  if (working !== undefined) await serve(deps, working.conversationId);
  let cursor: string | undefined;
  for (let pages = 0; pages < pagesMax; pages += 1) {
    const query = { status: 'open', limit: 100, cursor };
    const page = expectOk(await deps.tidegate.get('/conversations', query));
    for (const conversation of page.data as readonly Conversation[]) {
      if (isWaiting(conversation)) await serve(deps, conversation.id);
    }
    if (page.hasMore !== true) return;
    cursor = page.nextCursor;
  }
}

type Outcome = 'answered' | 'unknown' | 'lost';

/**
 * Answers the visitor's last message, then what came while it did. While the claim lives nobody else
 * answers, and one's own answer is known by standing behind the question: so a question is answered
 * once however often this begins anew. The Idempotency-Key, made of the question, covers the rest: an
 * answer that was under way when its sender died arrives before or instead of this one.
 */
async function answerAll(deps: BotDeps, conversationId: string, claimId: string): Promise<Outcome> {
  const { tidegate, position, log } = deps;
  for (let answers = 0; answers < answersMax; answers += 1) {
    const messages = await readMessages(tidegate, conversationId);
    const question = waitingIn(messages, position.read().working?.answeredId);
    if (question === undefined) return 'answered';
    const content = answerTo(question.content, await readArticles(tidegate));
    if (content === undefined) return 'unknown';
    // Noted before, because what comes between question and answer is a question of its own.
    position.change({ working: { conversationId, answeredId: question.id } });
    const sent = await tidegate.post(
      '/conversations/messages/send',
      { conversationId, claimId, content },
      `answer-${question.id}`,
    );
    if (isConflict(sent)) return 'lost';
    // 422: the key has sent another text, as the articles were then.
    if (sent.status !== 422) expectOk(sent);
    log(`${conversationId} answered ${question.id}${sent.status === 201 ? '' : ' before'}`);
  }
  return 'answered';
}

/**
 * The visitor's last message, unless somebody has spoken since. When the bot has sent the answer to an
 * earlier one, `answeredId`, that answer may stand behind a later question and does not count.
 */
export function waitingIn(
  messages: readonly Message[],
  answeredId: string | undefined,
): Message | undefined {
  const last = messages.findLastIndex(({ senderType }) => senderType === 'visitor');
  const question = messages[last];
  const since = messages.slice(last + 1);
  const isOvertaken = answeredId !== undefined && answeredId !== question?.id;
  const hasAnswer = isOvertaken
    ? since.some(({ senderType }) => senderType !== 'bot')
    : since.length > 0;
  return hasAnswer ? undefined : question;
}

/** Open, and neither at the built-in assistant nor handed over to people. */
const isForPrograms = ({ status, aiWorkflowState }: Conversation): boolean =>
  status === 'open' && aiWorkflowState === 'none';

const isWaiting = (conversation: Conversation): boolean =>
  conversation.automationEligible &&
  isForPrograms(conversation) &&
  conversation.lastInboundMessageAt !== null &&
  conversation.lastInboundMessageAt === conversation.lastMessageAt;

async function readMessages(tidegate: Tidegate, conversationId: string): Promise<Message[]> {
  const messages: Message[] = [];
  let cursor: string | undefined;
  do {
    const query = { conversationId, limit: 100, cursor };
    const page = expectOk(await tidegate.get('/conversations/messages', query));
    messages.push(...(page.data as Message[]));
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return messages;
}

async function readArticles(tidegate: Tidegate): Promise<readonly Article[]> {
  const query = { status: 'published', limit: 100 };
  const { data } = expectOk(await tidegate.get('/articles', query));
  const articles = data as readonly (Article & { readonly visibility: string })[];
  return articles.filter(({ visibility }) => visibility === 'public');
}

const forget = ({ position }: BotDeps): void => {
  if (position.read().working !== undefined) position.change({ working: undefined });
};

const isConflict = ({ status }: Answer): boolean => status === 409;

function expectOk({ status, body }: Answer): Answer['body'] {
  if (status >= 300) throw new Refused(status, body);
  return body;
}
