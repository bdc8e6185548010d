import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { findConversation } from '../../shared/db/queries/conversations.ts';
import { recordVisitorMessage } from '../../shared/support/messages.ts';
import { apiAs, type ApiCaller } from '../support/api.ts';
import { automationKey, type TestKey } from '../support/automation.ts';
import {
  eventsAbout,
  messageEvents,
  someoneWaits,
  testConversation,
  type TestConversation,
} from '../support/conversations.ts';
import type { TestTenant } from '../support/factory.ts';
import { startTestStack, type TestStack } from '../support/stack.ts';

let stack: TestStack;
let tenant: TestTenant;
let user: ApiCaller;
let credential: TestKey;
let key: ApiCaller;
let conversation: TestConversation;

beforeAll(async () => {
  stack = await startTestStack();
});
afterAll(() => stack.stop());
beforeEach(async () => {
  tenant = await stack.factory.tenant();
  user = apiAs(stack.gateway.url, (await stack.factory.user(tenant)).token);
  credential = await automationKey(stack, tenant);
  key = apiAs(stack.gateway.url, credential.secret);
  conversation = await testConversation(stack, tenant);
});

const receive = (content: string, by = user, id = conversation.id) =>
  by.post('/conversations/messages/receive', { conversationId: id, content });
const get = async () => (await user.get(`/conversations/get?id=${conversation.id}`)).body;
const page = (query = '', by = user) =>
  by.get(`/conversations/messages?conversationId=${conversation.id}${query}`);

/** Messages that share one moment, as an import would leave them. */
async function seedTies(count: number, at: string): Promise<Set<string>> {
  const { rows } = await stack.database.admin.query<{ id: string }>(
    `insert into messages (tenant_id, id, conversation_id, sender_id, sender_type, content, created_at)
     select $1, gen_random_uuid(), $2, 'seed', 'visitor', 'tied', $3 from generate_series(1, $4)
     returning id`,
    [tenant.id, conversation.id, at, count],
  );
  return new Set(rows.map(({ id }) => id));
}

describe('the messages of a conversation', () => {
  test('S-114 come oldest first, with exactly the listed fields', async () => {
    for (const content of ['one', 'two', 'three']) await receive(content);
    const { status, body } = await page('', key);
    expect(status).toBe(200);
    expect(body).toMatchObject({ nextCursor: null, hasMore: false });
    expect(body.data.map(({ content }: { content: string }) => content)).toEqual([
      'one',
      'two',
      'three',
    ]);
    expect(body.data[0]).toEqual({
      id: expect.any(String),
      conversationId: conversation.id,
      senderId: conversation.visitorId,
      senderType: 'visitor',
      content: 'one',
      createdAt: expect.any(String),
    });
  });

  test('S-114 of 2,050 with one moment each comes exactly once, while others are added', async () => {
    const tied = await seedTies(2_050, '2026-01-31T08:00:00.000Z');
    const added = new Set<string>();
    const seen: string[] = [];
    let cursor = '';
    do {
      const { body } = await page(`&limit=100${cursor && `&cursor=${cursor}`}`);
      seen.push(...body.data.map(({ id }: { id: string }) => id));
      cursor = body.nextCursor ?? '';
      // The reader ends when it overtakes the writers, who stop in time.
      if (added.size < 60) {
        const answers = await Promise.all(['a', 'b', 'c'].map((content) => receive(content)));
        for (const answer of answers) added.add(answer.body.id);
      }
    } while (cursor !== '');
    expect(seen).toHaveLength(2_050 + added.size);
    expect(new Set(seen)).toEqual(new Set([...tied, ...added]));
  });

  test('S-114 never come before one that somebody has read already', async () => {
    const written = { isDone: false };
    const writers = Promise.all(
      Array.from({ length: 8 }, async () => {
        for (let index = 0; index < 10; index += 1) await receive('quick');
      }),
    ).finally(() => void (written.isDone = true));
    const read = new Set<string>();
    let since = '';
    // Asks for what is newer than the last one it was shown, one at a time, until there is no more.
    for (let isLast = false; !isLast;) {
      const { isDone } = written;
      const { body } = await page(`&limit=1${since && `&updatedSince=${since}`}`);
      for (const { id, createdAt } of body.data) {
        read.add(id);
        since = createdAt;
      }
      isLast = isDone && body.data.length === 0;
    }
    await writers;
    expect(read.size).toBe(80);
  });

  /** Makes the last message one that was written in an hour from now. */
  async function putClockBack(): Promise<number> {
    const ahead = Date.now() + 3_600_000;
    await stack.database.admin.query(
      `update conversations set last_message_at = $2, updated_at = $2 where id = $1`,
      [conversation.id, new Date(ahead)],
    );
    return ahead;
  }

  test('S-114 have a later moment each, also after the clock was put back', async () => {
    const ahead = await putClockBack();
    for (const content of ['one', 'two']) await receive(content);
    const { body } = await page();
    const moments = body.data.map(({ createdAt }: { createdAt: string }) => Date.parse(createdAt));
    expect(moments).toEqual([ahead + 1, ahead + 2]);
    const id = conversation.id;
    await user.post('/conversations/update', { conversationId: id, status: 'closed' });
    expect(Date.parse((await get()).updatedAt)).toBe(ahead + 3);
  });

  test('S-114 wait for one that is being recorded, and come after it', async () => {
    const ahead = await putClockBack();
    const { id, visitorId } = conversation;
    const { answer, first } = await stack.factory.withTenant(tenant.id, async (tx) => {
      const locked = await findConversation(tx, id, 'for update');
      if (locked === undefined) throw new Error('no conversation');
      const first = await recordVisitorMessage(tx, locked, { visitorId, content: 'first' });
      const body = { conversationId: id, content: 'second' };
      const answer = user.post('/conversations/messages/send', body);
      await someoneWaits(stack);
      return { answer: { of: answer }, first };
    });
    expect((await answer.of).status).toBe(201);
    expect(first.createdAt.getTime()).toBe(ahead + 1);
    expect((await page()).body.data.at(-1)).toMatchObject({
      content: 'second',
      createdAt: new Date(ahead + 2).toISOString(),
    });
  });

  test('S-114 S-117 of an unknown or foreign conversation are 404, not an empty page', async () => {
    await receive('secret');
    const other = await stack.factory.tenant();
    const stranger = apiAs(stack.gateway.url, (await automationKey(stack, other)).secret);
    for (const id of [conversation.id, randomUUID()]) {
      const missing = { status: 404, body: { code: 'not_found' } };
      expect(await stranger.get(`/conversations/messages?conversationId=${id}`)).toMatchObject(
        missing,
      );
      expect(await receive('mine', stranger, id)).toMatchObject(missing);
    }
    expect((await page()).body.data).toHaveLength(1);
    for (const query of ['', '?conversationId=7']) {
      expect(await user.get(`/conversations/messages${query}`)).toMatchObject({ status: 400 });
    }
  });
});

describe('a received message', () => {
  test('S-093 S-122 is told once, with the listed data, and audited', async () => {
    const { status, body } = await receive('hello', key);
    expect(status).toBe(201);
    expect(await messageEvents(stack, conversation.id)).toEqual([
      {
        type: 'message.created',
        object_id: body.id,
        data: { conversationId: conversation.id, senderType: 'visitor', channel: 'chat' },
      },
    ]);
    expect(await eventsAbout(stack, conversation.id)).toHaveLength(1);
    const { rows } = await stack.database.admin.query(
      `select action, resource_type from audit_entries where resource_id = $1`,
      [body.id],
    );
    expect(rows).toEqual([{ action: 'automation.message.received', resource_type: 'message' }]);
  });

  test.for(['closed', 'snoozed'] as const)(
    'S-093 opens a conversation that is %s, and tells so',
    async (status) => {
      const id = conversation.id;
      await user.post('/conversations/update', { conversationId: id, status });
      await receive('still broken');
      expect(await get()).toMatchObject({ status: 'open', resolvedAt: null, unreadByAgent: 1 });
      expect((await eventsAbout(stack, id)).slice(1)).toEqual([
        { type: 'conversation.updated', data: { status } },
        { type: 'conversation.updated', data: { status: 'open' } },
      ]);
    },
  );

  test('S-093 moves lastSeenAt of the visitor, and no event tells of it', async () => {
    const seen = async () =>
      (await user.get(`/visitors/get?id=${conversation.visitorId}`)).body.lastSeenAt;
    const before = await seen();
    await receive('here I am');
    expect(Date.parse(await seen())).toBeGreaterThan(Date.parse(before));
    expect(await eventsAbout(stack, conversation.visitorId)).toMatchObject([
      { type: 'visitor.created' },
    ]);
  });

  test('is refused when it is empty, too long by a character, or cannot be stored', async () => {
    for (const content of ['', ' \n ', 'a\0b', '\ud83d half', 'x'.repeat(20_001)]) {
      expect(await receive(content), JSON.stringify(content.slice(0, 9))).toMatchObject({
        status: 400,
        body: { code: 'validation_failed', details: [{ pointer: '/content' }] },
      });
    }
    expect((await page()).body.data).toEqual([]);
    expect(await receive('😀'.repeat(20_000))).toMatchObject({ status: 201 });
  });

  test('of a conversation without a visitor is refused', async () => {
    await stack.database.admin.query('update conversations set visitor_id = null where id = $1', [
      conversation.id,
    ]);
    expect(await receive('who?')).toMatchObject({ status: 409, body: { code: 'visitor_missing' } });
  });
});
