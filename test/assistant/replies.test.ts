import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { assistantDefaults, handOffReasons } from '../../shared/domain/assistant.ts';
import { apiAs, type ApiCaller } from '../support/api.ts';
import { ask, endOf, saidIn, testArticle, tracesOf } from '../support/assistant.ts';
import { automationKey } from '../support/automation.ts';
import { eventsAbout, testClaim, testConversation } from '../support/conversations.ts';
import type { TestTenant, TestUser } from '../support/factory.ts';
import { startTestStack, type TestStack } from '../support/stack.ts';

let stack: TestStack;
let tenant: TestTenant;
let admin: TestUser;
let api: ApiCaller;
let conversationId: string;

beforeAll(async () => {
  stack = await startTestStack();
});
afterAll(() => stack.stop());
beforeEach(async () => {
  tenant = await stack.factory.tenant();
  admin = await stack.factory.user(tenant);
  api = apiAs(stack.gateway.url, admin.token);
  conversationId = (await testConversation(stack, tenant)).id;
  await api.put('/assistant', { enabled: true });
});

const resetArticle = { title: 'Reset your password', content: 'Press “Forgot it”, then wait.' };
const asked = async (content: string) =>
  endOf(api, conversationId, await ask(api, conversationId, content));
const conversation = async () => (await api.get(`/conversations/get?id=${conversationId}`)).body;
const said = async () => (await saidIn(api, conversationId)).map(({ content }) => content);

describe('a question that an article answers', () => {
  test('S-113 is answered once by the assistant, which then has the conversation', async () => {
    const articleId = await testArticle(api, resetArticle);
    const trace = await asked('Hello, how do I reset my password?');
    expect(trace).toMatchObject({
      workspaceId: tenant.id,
      conversationId,
      status: 'answered',
      stage: 'persistence',
      reason: null,
      confidence: 1,
      articleIds: [articleId],
      claimId: null,
    });
    expect(await saidIn(api, conversationId)).toMatchObject([
      { id: trace.id },
      {
        id: trace.replyMessageId,
        senderId: 'assistant',
        senderType: 'bot',
        content: `${assistantDefaults.greeting}\n\n${resetArticle.title}\n${resetArticle.content}`,
      },
    ]);
    expect(await conversation()).toMatchObject({
      aiWorkflowState: 'ai_handled',
      automationEligible: false,
      aiHandoffReason: null,
    });
    expect((await eventsAbout(stack, conversationId)).at(-1)).toEqual({
      type: 'conversation.updated',
      data: { aiWorkflowState: 'ai_handled' },
    });
    expect(await eventsAbout(stack, trace.replyMessageId ?? '')).toMatchObject([
      { type: 'message.created', data: { senderType: 'bot' } },
    ]);
  });

  test('S-113 is greeted once, and names other articles that fit', async () => {
    await testArticle(api, resetArticle);
    await testArticle(api, { title: 'Reset a forgotten password by mail', content: 'Ask us.' });
    await asked('reset password');
    await asked('reset password');
    const [, first, , second] = await said();
    expect(first).toContain(assistantDefaults.greeting);
    expect(second).not.toContain(assistantDefaults.greeting);
    expect(second).toContain('See also: ');
  });

  test('S-113 S-120 is never answered from what visitors may not read', async () => {
    await testArticle(api, { ...resetArticle, visibility: 'internal' });
    await testArticle(api, resetArticle, 'draft');
    const archived = await testArticle(api, resetArticle);
    await api.post('/articles/update', { articleId: archived, status: 'archived' });
    const stranger = await stack.factory.tenant();
    const elsewhere = apiAs(stack.gateway.url, (await stack.factory.user(stranger)).token);
    await testArticle(elsewhere, resetArticle);
    expect(await asked('How do I reset my password?')).toMatchObject({
      status: 'handed_off',
      reason: 'nothing_found',
    });
    expect((await said()).join(' ')).not.toContain('Forgot it');
  });
});

describe('a question that no article answers', () => {
  test('S-113 is handed to people, with a reason, and the visitor is told', async () => {
    await testArticle(api, resetArticle);
    const trace = await asked('Where does the parcel with my new password card stay?');
    expect(trace).toMatchObject({ status: 'handed_off', stage: 'persistence', reason: 'unsure' });
    expect(trace.confidence).toBeLessThan(0.6);
    expect((await said()).at(-1)).toBe(assistantDefaults.handOffText);
    expect(await conversation()).toMatchObject({
      aiWorkflowState: 'handoff',
      aiHandoffReason: handOffReasons.unsure,
      automationEligible: true,
    });
    expect((await eventsAbout(stack, conversationId)).at(-1)).toEqual({
      type: 'conversation.updated',
      data: { aiWorkflowState: 'handoff' },
    });
  });

  test('S-113 is left to people from then on, with a trace', async () => {
    await asked('?!');
    await testArticle(api, resetArticle);
    const trace = await asked('reset password');
    expect(trace).toMatchObject({ status: 'skipped', stage: 'start', reason: 'handed_off' });
    expect(await said()).toHaveLength(3);
    const [, first] = await tracesOf(api, conversationId);
    expect(first).toMatchObject({ reason: 'no_words', confidence: null });
  });

  test('S-113 is handed over without a word where the tenant wants none', async () => {
    await api.put('/assistant', { handOffText: '' });
    expect(await asked('Anyone?')).toMatchObject({ status: 'handed_off', replyMessageId: null });
    expect(await said()).toEqual(['Anyone?']);
  });
});

describe('a conversation that somebody has', () => {
  test('S-113 is left to its agent, assigned or not', async () => {
    await testArticle(api, resetArticle);
    await api.post('/conversations/update', { conversationId, assignedAgentId: admin.id });
    expect(await asked('reset password')).toMatchObject({ status: 'skipped', reason: 'assigned' });
    await api.post('/conversations/messages/send', { conversationId, content: 'I look.' });
    await api.post('/conversations/update', { conversationId, assignedAgentId: null });
    expect(await asked('reset password')).toMatchObject({
      status: 'skipped',
      reason: 'with_agent',
    });
    expect(await said()).toEqual(['reset password', 'I look.', 'reset password']);
  });

  test('S-113 is left to the program that holds the claim, and taken on again after', async () => {
    await testArticle(api, resetArticle);
    const key = await automationKey(stack, tenant);
    const bot = apiAs(stack.gateway.url, key.secret);
    const claim = await testClaim(stack, tenant, { conversationId, credentialId: key.id });
    expect(await asked('reset password')).toMatchObject({
      status: 'suppressed',
      stage: 'start',
      reason: 'claimed',
      claimId: claim.id,
      replyMessageId: null,
    });
    await bot.post('/conversations/messages/send', { conversationId, content: 'Beep.' });
    await bot.post('/conversations/release', { conversationId });
    expect(await asked('reset password')).toMatchObject({ status: 'answered' });
    expect((await said()).slice(0, 3)).toEqual(['reset password', 'Beep.', 'reset password']);
  });
});

describe('the settings', () => {
  test('S-113 are off at first, and then nothing is asked', async () => {
    const other = await stack.factory.tenant();
    const { token } = await stack.factory.user(other);
    const there = apiAs(stack.gateway.url, token);
    const { isEnabled: enabled, ...texts } = assistantDefaults;
    expect(await there.get('/assistant')).toMatchObject({
      status: 200,
      body: { enabled, ...texts },
    });
    const { id } = await testConversation(stack, other);
    await ask(there, id, 'reset password');
    expect(await tracesOf(there, id)).toEqual([]);
  });

  test('S-113 keep what a change does not name, and stand in the audit log', async () => {
    const change = { minimumConfidence: 0.25, greeting: ' Hi! ' };
    const { status, body } = await api.put('/assistant', change);
    expect({ status, body }).toEqual({
      status: 200,
      body: {
        enabled: true,
        minimumConfidence: 0.25,
        greeting: 'Hi!',
        handOffText: assistantDefaults.handOffText,
      },
    });
    expect((await api.get('/assistant')).body).toEqual(body);
    const { rows } = await stack.database.admin.query(
      `select actor_id, action, details from audit_entries
       where tenant_id = $1 and resource_type = 'assistant' order by id`,
      [tenant.id],
    );
    expect(rows.at(-1)).toEqual({
      actor_id: admin.id,
      action: 'assistant.updated',
      details: { enabled: true, changed: ['minimumConfidence', 'greeting'] },
    });
  });

  test('S-113 decide from which confidence on it answers', async () => {
    await testArticle(api, resetArticle);
    await api.put('/assistant', { minimumConfidence: 0.2 });
    expect(await asked('my new password card')).toMatchObject({ status: 'answered' });
  });

  test.for([{}, { minimumConfidence: 1.01 }, { minimumConfidence: -0.1 }, { enabled: 'yes' }])(
    'S-117 that are malformed are refused: %j',
    async (body) => {
      expect(await api.put('/assistant', body)).toMatchObject({
        status: 400,
        body: { code: 'validation_failed' },
      });
    },
  );

  test('S-126 S-104 are for administrators, and the traces for who reads conversations', async () => {
    const agent = apiAs(
      stack.gateway.url,
      (await stack.factory.user(tenant, { role: 'agent' })).token,
    );
    const key = async (...scopes: Parameters<typeof automationKey>[2] & {}) =>
      apiAs(stack.gateway.url, (await automationKey(stack, tenant, scopes)).secret);
    const reader = await key('conversations.read');
    for (const by of [agent, reader]) {
      expect((await by.get('/assistant')).status).toBe(403);
      expect((await by.put('/assistant', { enabled: false })).status).toBe(403);
      expect((await by.get('/assistant/runs')).status).toBe(200);
    }
    expect((await (await key('messages.read')).get('/assistant/runs')).status).toBe(403);
  });
});

describe('the traces', () => {
  test('S-114 are paged and filtered by state, and show those of the tenant only', async () => {
    await testArticle(api, resetArticle);
    await asked('reset password');
    await asked('Anyone?');
    await asked('Still there?');
    const first = await api.get('/assistant/runs?limit=2');
    expect(first.body).toMatchObject({
      data: [{ status: 'skipped' }, { status: 'handed_off' }],
      hasMore: true,
    });
    const rest = await api.get(`/assistant/runs?limit=2&cursor=${first.body.nextCursor}`);
    expect(rest.body).toMatchObject({ data: [{ status: 'answered' }], hasMore: false });
    const { updatedAt } = first.body.data[1];
    const newer = await api.get(`/assistant/runs?updatedSince=${updatedAt}`);
    expect(newer.body.data).toMatchObject([{ status: 'skipped' }]);
    const answered = await api.get('/assistant/runs?status=answered');
    expect(answered.body.data).toMatchObject([{ id: rest.body.data[0].id }]);
    const stranger = await stack.factory.tenant();
    const elsewhere = apiAs(stack.gateway.url, (await stack.factory.user(stranger)).token);
    expect(await tracesOf(elsewhere, conversationId)).toEqual([]);
  });
});
