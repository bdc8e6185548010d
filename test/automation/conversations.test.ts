import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { apiAs, type ApiCaller } from '../support/api.ts';
import { automationKey, type TestKey } from '../support/automation.ts';
import { eventsAbout, testClaim, testConversation } from '../support/conversations.ts';
import type { TestTenant, TestUser } from '../support/factory.ts';
import { startTestStack, type TestStack } from '../support/stack.ts';

let stack: TestStack;
let tenant: TestTenant;
let agent: TestUser;
let user: ApiCaller;
let credential: TestKey;
let key: ApiCaller;

beforeAll(async () => {
  stack = await startTestStack();
});
afterAll(() => stack.stop());
beforeEach(async () => {
  tenant = await stack.factory.tenant();
  agent = await stack.factory.user(tenant);
  user = apiAs(stack.gateway.url, agent.token);
  credential = await automationKey(stack, tenant);
  key = apiAs(stack.gateway.url, credential.secret);
});

const create = async (body: object): Promise<string> => {
  const made = await user.post('/conversations/create', body);
  expect(made).toMatchObject({ status: 201, body: { id: expect.any(String) } });
  return made.body.id;
};
const get = async (id: string) => (await user.get(`/conversations/get?id=${id}`)).body;
const receive = (conversationId: string, content: string) =>
  user.post('/conversations/messages/receive', { conversationId, content });
const update = (conversationId: string, change: object, by = user) =>
  by.post('/conversations/update', { conversationId, ...change });
const idsOf = async (query: string): Promise<string[]> => {
  const { status, body } = await user.get(`/conversations?${query}`);
  expect(status, query).toBe(200);
  return body.data.map(({ id }: { id: string }) => id);
};

describe('a conversation', () => {
  test('S-115 shows exactly the listed fields', async () => {
    const id = await create({ visitor: {}, subject: 'Invoice' });
    const { body } = await key.get('/conversations');
    expect(body.data).toEqual([
      {
        id,
        workspaceId: tenant.id,
        visitorId: expect.any(String),
        assignedAgentId: null,
        status: 'open',
        channel: 'chat',
        subject: 'Invoice',
        aiWorkflowState: 'none',
        aiHandoffReason: null,
        automationEligible: true,
        createdAt: expect.any(String),
        updatedAt: expect.any(String),
        lastMessageAt: null,
        lastInboundMessageAt: null,
        lastInboundMessagePreview: null,
        claim: null,
      },
    ]);
    expect(await get(id)).toEqual({
      ...body.data[0],
      resolvedAt: null,
      unreadByAgent: 0,
      unreadByVisitor: 0,
    });
  });

  test('S-115 is begun with a visitor that is known, or a new one', async () => {
    const { body: visitor } = await user.post('/visitors/create', { name: 'Ann' });
    const known = await create({ visitorId: visitor.id, channel: 'email' });
    expect(await get(known)).toMatchObject({ visitorId: visitor.id, channel: 'email' });
    const { visitorId } = await get(await create({ visitor: { email: 'new@example.test' } }));
    const { body: made } = await user.get(`/visitors/get?id=${visitorId}`);
    expect(made).toMatchObject({ email: 'new@example.test' });
    for (const wrong of [{}, { visitorId, visitor: {} }]) {
      expect(await user.post('/conversations/create', wrong)).toMatchObject({ status: 400 });
    }
  });

  test('S-115 shows when the visitor last wrote, and the first 200 characters of it', async () => {
    const id = await create({ visitor: {} });
    await receive(id, 'short');
    expect(await get(id)).toMatchObject({ lastInboundMessagePreview: 'short', unreadByAgent: 1 });
    // Each of these is one character and two halves: the 200th must not be cut in two.
    const { body: message } = await receive(id, `a${'😀'.repeat(250)}`);
    const shown = await get(id);
    expect(shown).toMatchObject({
      lastInboundMessagePreview: `a${'😀'.repeat(199)}`,
      unreadByAgent: 2,
    });
    expect(shown.lastInboundMessageAt).toBe(shown.lastMessageAt);
    const { body } = await user.get(`/conversations/messages?conversationId=${id}`);
    expect(body.data.at(-1)).toMatchObject({ id: message.id, createdAt: shown.lastMessageAt });
    await user.post('/conversations/messages/send', { conversationId: id, content: 'answer' });
    const answered = await get(id);
    expect(answered).toMatchObject({ unreadByAgent: 0, unreadByVisitor: 1 });
    expect(answered.lastInboundMessageAt).toBe(shown.lastInboundMessageAt);
    expect(answered.lastMessageAt > shown.lastMessageAt).toBe(true);
    expect(answered.lastInboundMessagePreview).toBe(shown.lastInboundMessagePreview);
  });

  test('S-115 a hand-off is taken back, with its reason, and told', async () => {
    const { id } = await testConversation(stack, tenant);
    await stack.database.admin.query(
      `update conversations set ai_workflow_state = 'handoff', ai_handoff_reason = 'unsure'
       where id = $1`,
      [id],
    );
    const change = { conversationId: id, aiWorkflowState: 'none' };
    expect(await user.post('/conversations/update', change)).toMatchObject({ status: 200 });
    expect(await get(id)).toMatchObject({ aiWorkflowState: 'none', aiHandoffReason: null });
    const { rows } = await stack.database.admin.query(
      `select data from events where object_id = $1 and type = 'conversation.updated'`,
      [id],
    );
    expect(rows).toEqual([{ data: { aiWorkflowState: 'none' } }]);
    const forged = { conversationId: id, aiWorkflowState: 'handoff' };
    expect(await user.post('/conversations/update', forged)).toMatchObject({ status: 400 });
  });

  test('S-115 shows the live claim, and one that ran out no more', async () => {
    const { id } = await testConversation(stack, tenant);
    const claim = await testClaim(stack, tenant, {
      conversationId: id,
      credentialId: credential.id,
    });
    expect(await get(id)).toMatchObject({
      automationEligible: false,
      claim: { credentialId: credential.id, expiresAt: claim.expiresAt.toISOString() },
    });
    await stack.database.admin.query(
      `update conversation_claims set expires_at = clock_timestamp() where id = $1`,
      [claim.id],
    );
    expect(await get(id)).toMatchObject({ automationEligible: true, claim: null });
  });

  test.for([
    ['closed', 'none', false],
    ['snoozed', 'none', false],
    ['open', 'ai_handled', false],
    ['open', 'handoff', true],
  ] as const)(
    'S-115 that is %s, with the state %s, is eligible: %s',
    async ([status, state, isEligible]) => {
      const { id } = await testConversation(stack, tenant);
      await update(id, { status });
      await stack.database.admin.query(
        `update conversations set ai_workflow_state = $2, ai_handoff_reason = 'unsure' where id = $1`,
        [id, state],
      );
      expect(await get(id)).toMatchObject({
        aiWorkflowState: state,
        aiHandoffReason: 'unsure',
        automationEligible: isEligible,
      });
    },
  );
});

describe('the list of conversations', () => {
  test('S-115 is filtered by status, assignee, channel and the visitor', async () => {
    const externalUserId = randomUUID();
    const visitor = {
      email: 'Find.Me@example.test',
      externalUserId,
      customAttributes: { plan: 'pro' },
    };
    const found = await create({ visitor, channel: 'email', assignedAgentId: agent.id });
    const other = await create({ visitor: {} });
    await update(found, { status: 'snoozed' });
    for (const query of [
      'status=snoozed',
      `assignee=${agent.id}`,
      'channel=email',
      'email=find.me@example.test',
      `externalUserId=${externalUserId}`,
      'customAttribute.key=plan&customAttribute.value=pro',
      'customAttribute.key=plan&customAttribute.value=pro&status=snoozed&channel=email',
    ]) {
      expect(await idsOf(query), query).toEqual([found]);
    }
    expect(await idsOf('status=open')).toEqual([other]);
    expect(await idsOf('status=open&channel=email')).toEqual([]);
    expect(await idsOf('')).toEqual([found, other]);
    expect(await user.get('/conversations?status=gone')).toMatchObject({ status: 400 });
  });

  test('S-115 is filtered by attributes as they are now, exactly', async () => {
    const long = 'x'.repeat(300);
    const id = await create({
      visitor: { customAttributes: { plan: 'pro', seats: 5, vip: true, note: long, tags: ['a'] } },
    });
    const { visitorId } = await get(id);
    const found = (key: string, value: string) =>
      idsOf(`customAttribute.key=${key}&customAttribute.value=${value}`);
    for (const [key, value] of [
      ['plan', 'pro'],
      ['seats', '5'],
      ['vip', 'true'],
      ['note', long],
    ] as const) {
      expect(await found(key, value), key).toEqual([id]);
    }
    for (const [key, value] of [
      ['plan', 'pr'],
      ['note', `${long}y`],
      ['seats', 'pro'],
    ] as const) {
      expect(await found(key, value), key).toEqual([]);
    }
    const customAttributes = { plan: 'free' };
    await user.post('/visitors/update', { visitorId, customAttributes });
    expect(await found('plan', 'pro')).toEqual([]);
    expect(await found('seats', '5')).toEqual([]);
    expect(await found('plan', 'free')).toEqual([id]);
    await user.post('/visitors/update', { visitorId, name: 'Ann' });
    expect(await found('plan', 'free')).toEqual([id]);
  });

  test('S-114 leaves out what is not newer, and shows every later change', async () => {
    const id = await create({ visitor: {} });
    const since = async (): Promise<string> => `updatedSince=${(await get(id)).updatedAt}`;
    let before = await since();
    expect(await idsOf(before)).toEqual([]);
    for (const status of ['closed', 'open', 'snoozed'] as const) {
      await update(id, { status });
      expect(await idsOf(before), status).toEqual([id]);
      before = await since();
    }
    await receive(id, 'hello');
    expect(await idsOf(before)).toEqual([id]);
  });
});

describe('an update of a conversation', () => {
  test('S-115 closing stamps the resolution, opening takes it away', async () => {
    const { id } = await testConversation(stack, tenant);
    expect(await update(id, { status: 'closed' }, key)).toMatchObject({
      status: 200,
      body: { id },
    });
    const { resolvedAt } = await get(id);
    expect(Date.parse(resolvedAt)).not.toBeNaN();
    await update(id, { assignedAgentId: agent.id });
    expect((await get(id)).resolvedAt).toBe(resolvedAt);
    await update(id, { status: 'open' });
    expect(await get(id)).toMatchObject({ status: 'open', resolvedAt: null });
  });

  test('S-093 S-122 tells what has changed and nothing else, and is audited', async () => {
    const { id, visitorId } = await testConversation(stack, tenant, { channel: 'email' });
    await update(id, { status: 'closed' }, key);
    await update(id, { status: 'closed', assignedAgentId: agent.id }, key);
    const { updatedAt } = await get(id);
    await update(id, { status: 'closed', assignedAgentId: agent.id }, key);
    expect((await get(id)).updatedAt).toBe(updatedAt);
    await update(id, { assignedAgentId: null }, key);
    await update(id, { status: 'open', assignedAgentId: agent.id }, key);
    expect(await eventsAbout(stack, id)).toEqual([
      { type: 'conversation.created', data: { channel: 'email', status: 'open', visitorId } },
      { type: 'conversation.updated', data: { status: 'closed' } },
      { type: 'conversation.updated', data: { assignedAgentId: agent.id } },
      { type: 'conversation.updated', data: { assignedAgentId: null } },
      { type: 'conversation.updated', data: { status: 'open', assignedAgentId: agent.id } },
    ]);
    const { rows } = await stack.database.admin.query(
      `select distinct actor_type, actor_id, action, resource_type from audit_entries
       where resource_id = $1`,
      [id],
    );
    expect(rows).toEqual([
      {
        actor_type: 'api',
        actor_id: credential.id,
        action: 'automation.conversation.updated',
        resource_type: 'conversation',
      },
    ]);
  });

  test('S-117 with an agent of another tenant is 404, and nothing is written', async () => {
    const other = await stack.factory.tenant();
    const foreign = await stack.factory.user(other);
    const { id } = await testConversation(stack, tenant);
    const before = await get(id);
    for (const assignedAgentId of [foreign.id, randomUUID()]) {
      expect(await update(id, { status: 'closed', assignedAgentId }, key)).toMatchObject({
        status: 404,
        body: { code: 'not_found', details: [{ pointer: '/assignedAgentId' }] },
      });
    }
    expect(await get(id)).toEqual(before);
    expect(await eventsAbout(stack, id)).toHaveLength(1);
  });
});

describe('conversations of another tenant', () => {
  test('S-117 are neither read nor written, nor can their visitors be used', async () => {
    const other = await stack.factory.tenant();
    const stranger = apiAs(stack.gateway.url, (await automationKey(stack, other)).secret);
    const { id, visitorId } = await testConversation(stack, tenant);
    const before = await get(id);
    const missing = { status: 404, body: { code: 'not_found' } };
    for (const wanted of [id, randomUUID()]) {
      expect(await stranger.get(`/conversations/get?id=${wanted}`)).toMatchObject(missing);
      expect(await update(wanted, { status: 'closed' }, stranger)).toMatchObject(missing);
    }
    expect(await stranger.post('/conversations/create', { visitorId })).toMatchObject({
      status: 404,
      body: { details: [{ pointer: '/visitorId' }] },
    });
    expect((await stranger.get('/conversations')).body.data).toEqual([]);
    expect(await get(id)).toEqual(before);
  });

  test('S-104 S-126 are read and written with the scope or the permission only', async () => {
    const reader = apiAs(
      stack.gateway.url,
      (await automationKey(stack, tenant, ['conversations.read'])).secret,
    );
    const viewer = apiAs(
      stack.gateway.url,
      (await stack.factory.user(tenant, { role: 'viewer' })).token,
    );
    const { id } = await testConversation(stack, tenant);
    for (const [by, code] of [
      [reader, 'scope_missing'],
      [viewer, 'permission_missing'],
    ] as const) {
      expect(await by.get(`/conversations/get?id=${id}`)).toMatchObject({ status: 200 });
      expect(await update(id, { status: 'closed' }, by)).toMatchObject({
        status: 403,
        body: { code },
      });
    }
    expect(await reader.get(`/conversations/messages?conversationId=${id}`)).toMatchObject({
      status: 403,
    });
  });
});
