import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeActionBench, type ActionBench, type DeskHook } from '../support/action-bench.ts';
import { apiAs, type ApiCaller } from '../support/api.ts';
import { automationKey } from '../support/automation.ts';
import { leastTicket } from '../support/desk.ts';
import { startTestStack, type TestStack } from '../support/stack.ts';
import type { TestUser } from '../support/factory.ts';

let stack: TestStack;
let bench: ActionBench;
let hook: DeskHook;
let person: TestUser;
let user: ApiCaller;
let key: ApiCaller;

beforeAll(async () => {
  stack = await startTestStack();
  bench = await makeActionBench(stack);
  hook = await bench.hook();
  person = await stack.factory.user(hook.tenant);
  user = apiAs(stack.gateway.url, person.token);
  const credential = await automationKey(stack, hook.tenant, ['tickets.read', 'tickets.write']);
  key = apiAs(stack.gateway.url, credential.secret);
});
afterAll(async () => {
  await bench.close();
  await stack.stop();
});

const open = async (): Promise<string> =>
  (await user.post('/tickets/create', { subject: 'Printer' })).body.id;
const say = (as: ApiCaller, ticketId: string, more: object = {}) =>
  as.post('/tickets/comments/create', { ticketId, content: 'Hello', ...more });
const commentsOf = async (ticketId: string, query = '') =>
  (await user.get(`/tickets/comments?ticketId=${ticketId}${query}`)).body;
const eventsOf = (id: string) =>
  bench.rows(
    hook,
    `select type, data, channel from events
     where tenant_id = $1 and object_id = $2 and type <> 'ticket.created' order by id`,
    [id],
  );

describe('comments', () => {
  test('S-093 are told with channel, id and author, and are there to read', async () => {
    const ticketId = await open();
    const byUser = await say(user, ticketId, { content: 'On my way' });
    const byKey = await say(key, ticketId, { content: 'Logged' });
    expect([byUser.status, byKey.status]).toEqual([201, 201]);
    const channel = 'support_ticket';
    const type = 'ticket.comment_added';
    expect(await eventsOf(ticketId)).toEqual([
      { type, channel, data: { channel, commentId: byUser.body.id, authorType: 'agent' } },
      { type, channel, data: { channel, commentId: byKey.body.id, authorType: 'system' } },
    ]);
    const { data } = await commentsOf(ticketId);
    expect(data).toEqual([
      {
        id: byUser.body.id,
        ticketId,
        authorType: 'agent',
        authorId: person.id,
        content: 'On my way',
        isInternal: false,
        createdAt: expect.any(String),
      },
      expect.objectContaining({ id: byKey.body.id, authorType: 'system', authorId: null }),
    ]);
  });

  test('S-093 that are internal notes are told to nobody', async () => {
    const ticketId = await open();
    const { body } = await say(key, ticketId, { isInternal: true });
    expect(await eventsOf(ticketId)).toEqual([]);
    expect((await commentsOf(ticketId)).data).toMatchObject([{ id: body.id, isInternal: true }]);
  });

  test('S-026 of actions are read under the same three words', async () => {
    const external_id = randomUUID();
    const made = await bench.run(hook, 'createTicket', { ...leastTicket(hook.desk), external_id });
    const ticketId = made.status === 'dispatched' ? (made.entityId ?? '') : '';
    const { contactId, userId } = hook.desk;
    const add = (fields: object) =>
      bench.run(hook, 'addTicketCommentByExternalId', { external_id, content: 'x', ...fields });
    await add({ contact_id: contactId });
    await add({ author_id: userId });
    await add({});
    expect((await commentsOf(ticketId)).data).toMatchObject([
      { authorType: 'visitor', authorId: contactId },
      { authorType: 'agent', authorId: userId },
      { authorType: 'system', authorId: null },
    ]);
  });

  test('S-114 page oldest first, each once, also when their moments are the same', async () => {
    const ticketId = await open();
    await bench.rows(
      hook,
      `insert into ticket_comments (tenant_id, id, ticket_id, content, is_internal, is_resolution,
         author_type, created_at)
       select $1, gen_random_uuid(), $2, 'c' || n, false, false, 'system',
         timestamptz '2026-01-01T00:00:00Z' + (n / 100) * interval '1 second'
       from generate_series(0, 249) n`,
      [ticketId],
    );
    const seen: { id: string; createdAt: string }[] = [];
    let cursor = '';
    do {
      const page = await commentsOf(ticketId, `&limit=30${cursor}`);
      seen.push(...page.data);
      cursor = page.nextCursor === null ? '' : `&cursor=${page.nextCursor}`;
      expect(page.hasMore).toBe(cursor !== '');
    } while (cursor !== '');
    expect(new Set(seen.map(({ id }) => id)).size).toBe(250);
    const moments = seen.map(({ createdAt }) => createdAt);
    expect(moments).toEqual(moments.toSorted());
    expect((await commentsOf(ticketId)).data).toHaveLength(20);
    expect(await user.get(`/tickets/comments?ticketId=${ticketId}&cursor=x`)).toMatchObject({
      status: 400,
      body: { code: 'cursor_invalid' },
    });
  });

  test('S-114 mark their ticket as changed, so that who asks for what is new finds it', async () => {
    const ticketId = await open();
    const { body: before } = await user.get(`/tickets/get?id=${ticketId}`);
    const { body: later } = await user.get(`/tickets?updatedSince=${before.updatedAt}`);
    expect(later.data).toEqual([]);
    await say(key, ticketId);
    const { body: after } = await user.get(`/tickets?updatedSince=${before.updatedAt}`);
    expect(after.data).toMatchObject([{ id: ticketId, status: 'submitted' }]);
  });

  test('S-122 are audited as a change of their ticket', async () => {
    const ticketId = await open();
    const { body } = await say(key, ticketId);
    expect(
      await bench.rows(
        hook,
        `select actor_type, action, details from audit_entries
         where tenant_id = $1 and resource_id = $2 and actor_type = 'api'`,
        [ticketId],
      ),
    ).toEqual([
      {
        actor_type: 'api',
        action: 'automation.ticket.updated',
        details: { commentId: body.id, isInternal: false },
      },
    ]);
  });

  test('S-020 are added once for one Idempotency-Key', async () => {
    const ticketId = await open();
    const headers = { 'idempotency-key': randomUUID() };
    const body = { ticketId, content: 'Once' };
    const first = await user.post('/tickets/comments/create', body, headers);
    const again = await user.post('/tickets/comments/create', body, headers);
    expect(again).toMatchObject({ status: 201, body: first.body });
    expect((await commentsOf(ticketId)).data).toHaveLength(1);
    expect(await eventsOf(ticketId)).toHaveLength(1);
  });

  test('S-117 on a ticket that is not there, or not of the tenant, are refused and not stored', async () => {
    const ticketId = await open();
    const other = await stack.factory.tenant();
    const stranger = apiAs(stack.gateway.url, (await automationKey(stack, other)).secret);
    const notFound = { status: 404, body: { code: 'not_found' } };
    expect(await say(stranger, ticketId)).toMatchObject(notFound);
    expect(await say(user, randomUUID())).toMatchObject(notFound);
    expect(await stranger.get(`/tickets/comments?ticketId=${ticketId}`)).toMatchObject(notFound);
    expect((await commentsOf(ticketId)).data).toEqual([]);
    expect(await user.get('/tickets/comments')).toMatchObject({ status: 400 });
    for (const content of ['', ' ', 'a\0', 'x'.repeat(20_001)]) {
      expect(await say(user, ticketId, { content })).toMatchObject({ status: 400 });
    }
  });

  test('S-104 are neither read nor written without the scope', async () => {
    const ticketId = await open();
    const { secret } = await automationKey(stack, hook.tenant, ['tickets.read']);
    const reader = apiAs(stack.gateway.url, secret);
    expect(await say(reader, ticketId)).toMatchObject({ status: 403 });
    expect(await reader.get(`/tickets/comments?ticketId=${ticketId}`)).toMatchObject({
      status: 200,
    });
  });
});
