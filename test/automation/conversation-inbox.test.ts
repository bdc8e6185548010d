import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { mapInboxMessage } from '../../activities/sources/inbox-message.ts';
import { apiAs, type ApiCaller } from '../support/api.ts';
import { eventsAbout, messageEvents } from '../support/conversations.ts';
import { send, workflowHandler, type TestHook, type TestTenant } from '../support/factory.ts';
import { startTestStack, type TestStack } from '../support/stack.ts';

const first = { conversationId: 'thread-1', content: 'Where is my invoice?' };

describe('the mapping of the inbox', () => {
  test('takes a message with what is said of its visitor', () => {
    const body = {
      ...first,
      channel: 'email',
      subject: ' Invoice ',
      messageId: 'm-1',
      visitor: {
        externalUserId: 'u-1',
        email: 'Ann@example.test',
        name: 'Ann',
        customAttributes: { plan: 'pro' },
      },
      somethingElse: true,
    };
    expect(mapInboxMessage(body)).toEqual({
      message: {
        conversation: { externalId: 'thread-1', channel: 'email', subject: 'Invoice' },
        visitor: { key: 'user:u-1', values: body.visitor },
        content: first.content,
        messageId: 'm-1',
      },
    });
  });

  test.for<[string, unknown]>([
    ['nothing of the visitor', {}],
    ['null for everything', { channel: null, subject: null, visitor: null, messageId: null }],
    ['texts with nothing in them', { subject: ' ', visitor: { name: '', email: '' } }],
  ])('takes %s as what is not known', ([, members]) => {
    expect(mapInboxMessage({ ...first, ...(members as object) })).toEqual({
      message: {
        conversation: { externalId: 'thread-1', channel: 'chat', subject: null },
        visitor: { key: undefined, values: {} },
        content: first.content,
        messageId: undefined,
      },
    });
  });

  test.for<[object, string | undefined]>([
    [{ email: 'Ann@Example.test' }, 'email:ann@example.test'],
    [{ externalUserId: 'ann@example.test' }, 'user:ann@example.test'],
    [{ externalUserId: 'u-1', email: 'ann@example.test' }, 'user:u-1'],
    [{ name: 'Ann' }, undefined],
  ])('knows the visitor %j by %s', ([visitor, key]) => {
    expect(mapInboxMessage({ ...first, visitor })).toMatchObject({ message: { visitor: { key } } });
  });

  test.for<[object, string]>([
    [{ conversationId: undefined }, '/conversationId'],
    [{ conversationId: '' }, '/conversationId'],
    [{ conversationId: 'c'.repeat(201) }, '/conversationId'],
    [{ conversationId: 'a\0b' }, '/conversationId'],
    [{ conversationId: 7 }, '/conversationId'],
    [{ content: undefined }, '/content'],
    [{ content: '  ' }, '/content'],
    [{ content: 'x'.repeat(20_001) }, '/content'],
    [{ content: 'a\0b' }, '/content'],
    [{ channel: 'sms' }, '/channel'],
    [{ subject: 's'.repeat(501) }, '/subject'],
    [{ messageId: 'm'.repeat(201) }, '/messageId'],
    [{ visitor: { email: 'nobody' } }, '/visitor/email'],
    [{ visitor: { name: 'n'.repeat(256) } }, '/visitor/name'],
    [{ visitor: { customAttributes: { text: 'x'.repeat(17_000) } } }, '/visitor/customAttributes'],
    [{ visitor: { customAttributes: { text: 'a\0b' } } }, '/visitor/customAttributes'],
  ])('refuses %j', ([members, field]) => {
    expect(mapInboxMessage({ ...first, ...members })).toEqual({
      refused: { field, message: expect.any(String) },
    });
  });

  test('S-142 takes what the page shows', () => {
    const page = readFileSync(new URL('../../docs/workflows.md', import.meta.url), 'utf8');
    const [, shown = ''] = /### Conversation inbox\n\n```json\n([^]*?)```/.exec(page) ?? [];
    expect(mapInboxMessage(JSON.parse(shown))).toHaveProperty('message.messageId', 'msg-3');
  });

  test('refuses what is no object', () => {
    for (const body of [null, [], 'text', 7]) {
      expect(mapInboxMessage(body)).toMatchObject({ refused: { field: '' } });
    }
  });
});

describe('a hook with the inbox', () => {
  let stack: TestStack;
  let tenant: TestTenant;
  let user: ApiCaller;
  let hook: TestHook;

  beforeAll(async () => {
    stack = await startTestStack();
  });
  afterAll(() => stack.stop());
  beforeEach(async () => {
    tenant = await stack.factory.tenant();
    user = apiAs(stack.gateway.url, (await stack.factory.user(tenant)).token);
    hook = await inbox();
  });

  const inbox = () =>
    stack.factory.hook(tenant, { handler: workflowHandler('conversation-inbox') });

  interface Outcome {
    readonly conversationId: string;
    readonly messageId: string;
    readonly events: readonly string[];
    readonly [member: string]: unknown;
  }
  async function report(body: object, to = hook): Promise<Outcome> {
    const answer = await send(stack.gateway.url, to, body);
    expect(answer.status, JSON.stringify(answer.body)).toBe(200);
    return outcomeOf(String(answer.body?.['delivery_id']));
  }
  async function outcomeOf(deliveryId: string): Promise<Outcome> {
    const { rows } = await stack.database.admin.query<{ outcome: Outcome }>(
      `select outcome from inbound_deliveries
       where replace(id::text, '-', '') = replace($1, 'ind_', '')`,
      [deliveryId],
    );
    if (rows[0] === undefined) throw new Error(`no delivery ${deliveryId}`);
    return rows[0].outcome;
  }
  const conversation = async (id: string) => (await user.get(`/conversations/get?id=${id}`)).body;
  const visitor = async (id: string) => (await user.get(`/visitors/get?id=${id}`)).body;
  const contents = async (id: string): Promise<string[]> =>
    (await user.get(`/conversations/messages?conversationId=${id}`)).body.data.map(
      ({ content }: { content: string }) => content,
    );
  const count = async (path: string): Promise<number> => (await user.get(path)).body.data.length;

  test('S-093 makes visitor, conversation and message of the first one, and tells of each', async () => {
    const outcome = await report({
      ...first,
      channel: 'email',
      subject: 'Invoice',
      visitor: { externalUserId: 'u-1', name: 'Ann', customAttributes: { plan: 'pro' } },
    });
    const { conversationId, messageId } = outcome;
    const made = await conversation(conversationId);
    expect(made).toMatchObject({
      channel: 'email',
      subject: 'Invoice',
      status: 'open',
      lastInboundMessagePreview: first.content,
      unreadByAgent: 1,
      automationEligible: true,
    });
    const { visitorId } = made;
    expect(await visitor(visitorId)).toMatchObject({
      externalUserId: 'u-1',
      name: 'Ann',
      customAttributes: { plan: 'pro' },
    });
    const { body } = await user.get('/events');
    expect(body.data.map(({ type, data }: { type: string; data: object }) => [type, data])).toEqual(
      [
        ['message.created', { conversationId, senderType: 'visitor', channel: 'email' }],
        ['conversation.created', { channel: 'email', status: 'open', visitorId }],
        ['visitor.created', { visitorId }],
      ],
    );
    expect(outcome).toMatchObject({ source: 'conversation-inbox', messageId });
    expect(outcome.events.toReversed()).toEqual(body.data.map(({ id }: { id: string }) => id));
    for (const event of body.data) expect(event.inboundDeliveryId).toMatch(/^ind_/);
  });

  test('S-093 adds the next one to the same conversation, and opens it again', async () => {
    const { conversationId } = await report(first);
    await user.post('/conversations/update', { conversationId, status: 'closed' });
    const next = await report({ ...first, content: 'Hello?', subject: 'is ignored' });
    expect(next.conversationId).toBe(conversationId);
    expect(await contents(conversationId)).toEqual([first.content, 'Hello?']);
    expect(await conversation(conversationId)).toMatchObject({ status: 'open', subject: null });
    expect((await eventsAbout(stack, conversationId)).at(-1)).toEqual({
      type: 'conversation.updated',
      data: { status: 'open' },
    });
    expect(await count('/visitors')).toBe(1);
  });

  test('S-017 S-034 of first messages at once makes one conversation and one visitor', async () => {
    const outcomes = await Promise.all(
      Array.from({ length: 12 }, (_, index) =>
        report({ ...first, content: `${index}`, visitor: { email: 'ann@example.test' } }),
      ),
    );
    const ids = new Set(outcomes.map(({ conversationId }) => conversationId));
    expect(ids.size).toBe(1);
    expect(await count('/conversations')).toBe(1);
    expect(await count('/visitors')).toBe(1);
    const [id = ''] = ids;
    expect(new Set(await contents(id)).size).toBe(12);
    expect(await messageEvents(stack, id)).toHaveLength(12);
  });

  test('S-017 records a message id once, however often and however concurrently it comes', async () => {
    const body = { ...first, messageId: 'm-1' };
    const outcomes = await Promise.all(Array.from({ length: 8 }, () => report(body)));
    const ids = new Set(outcomes.map(({ messageId }) => messageId));
    expect(ids.size).toBe(1);
    expect(outcomes.filter(({ ignored }) => ignored === undefined)).toHaveLength(1);
    const repeated = await report({ ...body, content: 'another text' });
    expect(repeated).toMatchObject({ events: [], ignored: expect.any(String) });
    const [{ conversationId } = { conversationId: '' }] = outcomes;
    expect(await contents(conversationId)).toEqual([first.content]);
    expect(await messageEvents(stack, conversationId)).toHaveLength(1);
    // The same id in another conversation is another message.
    const other = await report({ ...body, conversationId: 'thread-2' });
    expect(await contents(other.conversationId)).toEqual([first.content]);
  });

  test('S-017 a delivery that is repeated by its idempotency key is recorded once', async () => {
    const headers = { 'x-request-id': randomUUID() };
    const answers = await Promise.all(
      [1, 2, 3].map(() => send(stack.gateway.url, hook, first, { headers })),
    );
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    const { body } = await user.get('/conversations');
    expect(body.data).toHaveLength(1);
    expect(await contents(body.data[0].id)).toEqual([first.content]);
  });

  test('S-034 knows external ids for each hook on its own', async () => {
    const other = await inbox();
    const visitor = { externalUserId: 'u-1' };
    const one = await report({ ...first, visitor });
    const two = await report({ ...first, visitor }, other);
    expect(two.conversationId).not.toBe(one.conversationId);
    expect(await count('/visitors')).toBe(2);
  });

  test('S-093 learns what is new of a visitor and tells so, and nothing of what is known', async () => {
    const said = { externalUserId: 'u-1', name: 'Ann', customAttributes: { plan: 'free' } };
    const { conversationId } = await report({ ...first, visitor: said });
    const { visitorId } = await conversation(conversationId);
    await report({ ...first, conversationId: 'thread-2', visitor: said });
    expect(await eventsAbout(stack, visitorId)).toHaveLength(1);
    const more = { externalUserId: 'u-1', customAttributes: { seats: 5 } };
    await report({ ...first, visitor: more });
    expect(await eventsAbout(stack, visitorId)).toEqual([
      { type: 'visitor.created', data: { visitorId } },
      { type: 'visitor.updated', data: { visitorId } },
    ]);
    expect(await visitor(visitorId)).toMatchObject({
      name: 'Ann',
      customAttributes: { plan: 'free', seats: 5 },
    });
  });

  test('gives the conversation of somebody unknown to who says who they are', async () => {
    const { conversationId } = await report(first);
    const unknown = (await conversation(conversationId)).visitorId;
    await report({ ...first, visitor: { email: 'ann@example.test' } });
    const { visitorId } = await conversation(conversationId);
    expect(visitorId).not.toBe(unknown);
    expect(await visitor(visitorId)).toMatchObject({ email: 'ann@example.test' });
    // Another one who writes in it is a guest.
    await report({ ...first, visitor: { email: 'bob@example.test' } });
    expect(await conversation(conversationId)).toMatchObject({ visitorId });
    const { body } = await user.get(`/conversations/messages?conversationId=${conversationId}`);
    expect(body.data[1]).toMatchObject({ senderId: visitorId });
    expect(body.data[2].senderId).not.toBe(visitorId);
  });

  test('S-098 a report that is not as documented is 400, and nothing is written', async () => {
    const answer = await send(stack.gateway.url, hook, { ...first, content: '' });
    expect(answer).toMatchObject({ status: 400, body: { error: 'mapping_failed' } });
    const known = { externalUserId: 'u-1', customAttributes: { a: 'x'.repeat(9_000) } };
    const { conversationId } = await report({ ...first, visitor: known });
    const more = { externalUserId: 'u-1', customAttributes: { b: 'x'.repeat(9_000) } };
    const tooMuch = { ...first, conversationId: 'thread-2', visitor: more };
    expect(await send(stack.gateway.url, hook, tooMuch)).toMatchObject({ status: 400 });
    const { body } = await user.get('/conversations');
    expect(body.data).toMatchObject([{ id: conversationId }]);
    expect(await contents(conversationId)).toHaveLength(1);
  });

  test('S-139 records the message also while the tenant records no events', async () => {
    await stack.database.admin.query(
      'update tenants set automation_enabled = false where id = $1',
      [tenant.id],
    );
    const { conversationId, events } = await report(first);
    expect(events).toEqual([]);
    expect(await contents(conversationId)).toEqual([first.content]);
  });

  test('S-038 is listed, with the schema of what it takes, and selected without being published', async () => {
    const { body } = await user.get('/inbound-webhooks/workflows');
    const listed = body.data.find(({ id }: { id: string }) => id === 'conversation-inbox');
    expect(listed).toMatchObject({
      isPublished: true,
      inputSchema: { required: ['conversationId', 'content'] },
    });
  });
});
