import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { AssistantActivities, AskedQuestion } from '../../activities/assistant/contract.ts';
import { lockConversationForClaim } from '../../shared/db/queries/conversation-claims.ts';
import { findConversation } from '../../shared/db/queries/conversations.ts';
import {
  handOffReasons,
  suppressedReason,
  type AssistantStage,
} from '../../shared/domain/assistant.ts';
import { answerQuestion } from '../../shared/support/assistant.ts';
import { recordVisitorMessage } from '../../shared/support/messages.ts';
import { assistantWorkflowId } from '../../workflows/assistant-reply/contract.ts';
import { apiAs, type ApiCaller } from '../support/api.ts';
import {
  ask,
  endOf,
  saidIn,
  startAssistantWorker,
  testArticle,
  withAssistantWorker,
  type AssistantWorker,
} from '../support/assistant.ts';
import { automationKey, type TestKey } from '../support/automation.ts';
import {
  eventsAbout,
  someoneWaits,
  testClaim,
  testConversation,
} from '../support/conversations.ts';
import type { TestTenant } from '../support/factory.ts';
import { startTestStack, type TestStack } from '../support/stack.ts';
import { connectClient, type TestClient } from '../support/temporal.ts';

// The run is the product's, on a worker in which a test can act between two steps: what it does there,
// such as taking the claim, another process could do at that moment.

let stack: TestStack;
let worker: AssistantWorker;
let temporal: TestClient;
let tenant: TestTenant;
let api: ApiCaller;
let key: TestKey;
let articleId: string;
let conversationId: string;

beforeAll(async () => {
  const env = withAssistantWorker();
  stack = await startTestStack({ env });
  worker = await startAssistantWorker(stack.factory.withTenant, env.TIDEGATE_TASK_QUEUE);
  temporal = await connectClient();
});
afterAll(async () => {
  await temporal.close();
  await worker.stop();
  await stack.stop();
});
beforeEach(async () => {
  tenant = await stack.factory.tenant();
  api = apiAs(stack.gateway.url, (await stack.factory.user(tenant)).token);
  key = await automationKey(stack, tenant);
  await api.put('/assistant', { enabled: true });
  articleId = await testArticle(api, { title: 'Reset your password', content: 'Press it.' });
  conversationId = (await testConversation(stack, tenant)).id;
});
afterEach(() => {
  worker.onLook = () => Promise.resolve();
  worker.activities = worker.real;
});

const answerable = 'How do I reset my password?';
const unanswerable = 'Is anybody there?';

const asked = async (content: string) =>
  endOf(api, conversationId, await ask(api, conversationId, content));
const conversation = async () => (await api.get(`/conversations/get?id=${conversationId}`)).body;
const said = async () => (await saidIn(api, conversationId)).map(({ content }) => content);
const resultOf = (messageId: string): Promise<unknown> =>
  temporal.client.workflow.getHandle(assistantWorkflowId(tenant.slug, messageId)).result();

/** Does something right before the first look of a stage. */
function before(stage: AssistantStage, work: () => Promise<unknown>): void {
  let isDone = false;
  worker.onLook = async (looked, question) => {
    if (looked !== stage || question.conversationId !== conversationId || isDone) return;
    isDone = true;
    await work();
  };
}

describe('a claim that comes', () => {
  test.for([
    { stage: 'start', when: 'before an answer is looked for', content: answerable },
    { stage: 'message', when: 'before the answer', content: answerable },
    { stage: 'persistence', when: 'after the look before the answer', content: answerable },
    { stage: 'start', when: 'before a hand-off is thought of', content: unanswerable },
    { stage: 'handoff', when: 'before the hand-off', content: unanswerable },
    { stage: 'message', when: 'before the message of the hand-off', content: unanswerable },
    { stage: 'persistence', when: 'after the looks of the hand-off', content: unanswerable },
  ] as const)(
    'S-113 $when silences the assistant at $stage, with a trace',
    async ({ stage, content }) => {
      let claimId = '';
      before(stage, async () => {
        const claim = await testClaim(stack, tenant, { conversationId, credentialId: key.id });
        claimId = claim.id;
      });
      const trace = await asked(content);
      expect(trace).toMatchObject({
        status: 'suppressed',
        stage,
        reason: 'claimed',
        reasonText: suppressedReason,
        claimId,
        replyMessageId: null,
        articleIds: [],
      });
      expect(claimId).not.toBe('');
      expect(await resultOf(trace.id)).toEqual({
        response: '',
        confidence: 0,
        handoff: true,
        reason: suppressedReason,
        messageId: null,
      });
      expect(await said()).toEqual([content]);
      expect(await conversation()).toMatchObject({
        aiWorkflowState: 'none',
        aiHandoffReason: null,
      });
      const told = await eventsAbout(stack, conversationId);
      expect(told.map(({ type }) => type)).toEqual(['conversation.created']);
    },
  );
});

/** A question that no run takes on: what is done about it the test does itself. */
async function ownQuestion(content: string): Promise<AskedQuestion> {
  const { id, visitorId } = await testConversation(stack, tenant);
  const message = await stack.factory.withTenant(tenant.id, async (tx) => {
    const locked = await findConversation(tx, id, 'for update');
    if (locked === undefined) throw new Error('no conversation');
    return recordVisitorMessage(tx, locked, { visitorId, content });
  });
  await stack.database.admin.query(
    `update assistant_runs set start_due_at = 'infinity' where message_id = $1`,
    [message.id],
  );
  return { tenantId: tenant.id, conversationId: id, messageId: message.id };
}
const claim = (id: string) =>
  testClaim(stack, tenant, { conversationId: id, credentialId: key.id });

describe('a claim and an answer at one moment', () => {
  const confidence = 1;

  test('S-113 come one after the other: the claim waits for the answer', async () => {
    const question = await ownQuestion(answerable);
    const waiting = await stack.factory.withTenant(tenant.id, async (tx) => {
      const answered = await answerQuestion(tx, question, { articleIds: [articleId], confidence });
      expect(answered?.messageId).toEqual(expect.any(String));
      const claimed = claim(question.conversationId);
      await someoneWaits(stack);
      return { claimed };
    });
    await waiting.claimed;
    expect(await saidIn(api, question.conversationId)).toHaveLength(2);
  });

  test('S-113 come one after the other: the answer waits for the claim, and is not given', async () => {
    const question = await ownQuestion(answerable);
    const { conversationId: id } = question;
    const articleIds = [articleId];
    const waiting = await stack.factory.withTenant(tenant.id, async (tx) => {
      await lockConversationForClaim(tx, id);
      const answered = worker.real.answerQuestion({ ...question, articleIds, confidence });
      await someoneWaits(stack);
      await tx.query({
        text: `insert into conversation_claims (tenant_id, id, conversation_id, credential_id,
            fence, request_id, expires_at)
          values ($1::uuid, gen_random_uuid(), $2::uuid, $3::uuid, 1, gen_random_uuid(),
            clock_timestamp() + interval '300 s')`,
        values: [tenant.id, id, key.id],
      });
      return { answered };
    });
    expect(await waiting.answered).toMatchObject({
      kind: 'ended',
      result: { messageId: null, reason: suppressedReason },
    });
    expect(await saidIn(api, id)).toHaveLength(1);
  });

  type Order = 'claimed first' | 'claimed last' | 'at once';

  /**
   * Answers and claims, one after the other or with random pauses. Gives what was said, and how it stood,
   * at the claim and at the end.
   */
  async function interleave(content: string, order: Order) {
    const question = await ownQuestion(content);
    const { conversationId: id } = question;
    const steps: AssistantActivities = worker.real;
    worker.onLook = () => sleep(randomInt(0, 4));
    const pause = () => sleep(randomInt(0, 6));
    const reply = async (after: Promise<unknown>) => {
      await after;
      const found = await steps.considerQuestion(question);
      if (found.kind === 'ended') return;
      await (content === answerable
        ? steps.answerQuestion({ ...question, articleIds: [articleId], confidence })
        : steps.handOffQuestion({ ...question, reason: 'unsure', confidence: null }));
    };
    const take = async (after: Promise<unknown>) => {
      await after;
      await claim(id);
      return stateOf(id);
    };
    // Two of the same: an activity that is repeated while its first call still runs.
    const bothAfter = (claimed: () => Promise<unknown>) =>
      Promise.all([reply(claimed()), reply(claimed())]);
    if (order === 'claimed last') {
      const atClaim = await take(bothAfter(pause));
      return { atClaim, atEnd: await stateOf(id) };
    }
    const taken = take(order === 'at once' ? sleep(randomInt(0, 25)) : Promise.resolve());
    await bothAfter(order === 'at once' ? pause : () => taken);
    return { atClaim: await taken, atEnd: await stateOf(id) };
  }
  async function stateOf(id: string) {
    const { rows } = await stack.database.admin.query<{
      ai: string;
      replies: number;
      state: string;
    }>(
      `select c.ai_workflow_state as ai, r.state,
         (select count(*)::integer from messages m
          where m.conversation_id = c.id and m.sender_id = 'assistant') as replies
       from conversations c join assistant_runs r on r.conversation_id = c.id where c.id = $1`,
      [id],
    );
    return rows[0] as (typeof rows)[0] & {};
  }

  test('S-113 in a hundred interleavings leave nothing that was written under a claim, and one answer at most', async () => {
    const seen = new Set<string>();
    for (let round = 0; round < 100; round += 1) {
      const content = round % 2 === 0 ? answerable : unanswerable;
      // By chance alone one of the two may be first each time, on a machine that is busy or fast.
      const order = round < 2 ? 'claimed last' : round < 4 ? 'claimed first' : 'at once';
      const { atClaim, atEnd } = await interleave(content, order);
      // What was said when the claim had been made is all that was ever said.
      expect(atEnd.replies, `round ${round}`).toBe(atClaim.replies);
      expect(atEnd.ai, `round ${round}`).toBe(atClaim.ai);
      const isSilent = atEnd.state === 'suppressed';
      expect(atEnd.replies, `round ${round}`).toBe(isSilent ? 0 : 1);
      seen.add(atEnd.state);
    }
    expect(seen).toEqual(new Set(['answered', 'handed_off', 'suppressed']));
  });
});

describe('an activity that is repeated', () => {
  test.for([
    { name: 'answerQuestion', content: answerable },
    { name: 'handOffQuestion', content: unanswerable },
  ] as const)('S-113 by $name writes once, and answers the same', async ({ name, content }) => {
    let calls = 0;
    const repeated = async (...args: [never]) => {
      const result = await worker.real[name](...args);
      calls += 1;
      // Its worker dies after the commit, before the server hears of it.
      if (calls === 1) throw new Error('lost');
      return result;
    };
    worker.activities = { ...worker.real, [name]: repeated };
    const trace = await asked(content);
    const result = await resultOf(trace.id);
    expect(calls).toBe(2);
    const [, reply, ...more] = await saidIn(api, conversationId);
    expect(more).toEqual([]);
    expect(result).toMatchObject({ messageId: reply?.id, response: reply?.content });
    expect(trace.replyMessageId).toBe(reply?.id);
  });
});

describe('between two steps', () => {
  test('S-113 S-120 an article that is taken back is not answered from', async () => {
    before('persistence', () =>
      api.post('/articles/update', { articleId, visibility: 'internal' }),
    );
    expect(await asked(answerable)).toMatchObject({
      status: 'handed_off',
      reason: 'nothing_found',
    });
    expect((await said()).join(' ')).not.toContain('Press it.');
    expect((await conversation()).aiHandoffReason).toBe(handOffReasons.nothing_found);
  });

  test.for(['start', 'message', 'persistence'] as const)(
    'S-113 the switch before %s stops it',
    async (stage) => {
      before(stage, () => api.put('/assistant', { enabled: false }));
      expect(await asked(answerable)).toMatchObject({
        status: 'skipped',
        stage,
        reason: 'switched_off',
      });
      expect(await said()).toEqual([answerable]);
    },
  );

  test('S-113 who switches it off waits for the answer that is being written', async () => {
    const question = await ownQuestion(answerable);
    const answer = { articleIds: [articleId], confidence: 1 };
    const off = await stack.factory.withTenant(tenant.id, async (tx) => {
      const { messageId } = (await answerQuestion(tx, question, answer)) ?? {};
      expect(messageId).toEqual(expect.any(String));
      const off = api.put('/assistant', { enabled: false });
      await someoneWaits(stack);
      return { off };
    });
    expect((await off.off).body).toMatchObject({ enabled: false });
    expect(await saidIn(api, question.conversationId)).toHaveLength(2);
  });

  test('S-113 an agent who answers keeps it silent', async () => {
    before('persistence', () =>
      api.post('/conversations/messages/send', { conversationId, content: 'Like this.' }),
    );
    expect(await asked(answerable)).toMatchObject({ status: 'skipped', reason: 'with_agent' });
    expect(await said()).toEqual([answerable, 'Like this.']);
  });

  test('S-113 a program that claims, answers and releases keeps it silent', async () => {
    const bot = apiAs(stack.gateway.url, key.secret);
    before('start', async () => {
      await claim(conversationId);
      await bot.post('/conversations/messages/send', { conversationId, content: 'Beep.' });
      await bot.post('/conversations/release', { conversationId });
    });
    expect(await asked(answerable)).toMatchObject({ status: 'skipped', reason: 'answered' });
    expect(await said()).toEqual([answerable, 'Beep.']);
  });
});
