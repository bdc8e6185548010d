import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { apiAs, type ApiAnswer, type ApiCaller } from '../support/api.ts';
import { automationKey, type TestKey } from '../support/automation.ts';
import {
  messageEvents,
  someoneWaits,
  testClaim,
  testConversation,
  type TestConversation,
} from '../support/conversations.ts';
import type { TestTenant, TestUser } from '../support/factory.ts';
import { startTestStack, type TestStack } from '../support/stack.ts';

let stack: TestStack;
let tenant: TestTenant;
let agent: TestUser;
let credential: TestKey;
let key: ApiCaller;
let user: ApiCaller;
let conversation: TestConversation;

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
  conversation = await testConversation(stack, tenant);
});

const send = (
  content: string,
  {
    by = key,
    idempotencyKey,
    ...more
  }: {
    readonly by?: ApiCaller;
    readonly idempotencyKey?: string;
    readonly claimId?: string;
  } = {},
): Promise<ApiAnswer> =>
  by.post(
    '/conversations/messages/send',
    { conversationId: conversation.id, content, ...more },
    idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey },
  );
const claim = (credentialId = credential.id, leaseMs?: number) =>
  testClaim(stack, tenant, {
    conversationId: conversation.id,
    credentialId,
    ...(leaseMs !== undefined && { leaseMs }),
  });
const messages = async () =>
  (await user.get(`/conversations/messages?conversationId=${conversation.id}`)).body.data;
const get = async () => (await user.get(`/conversations/get?id=${conversation.id}`)).body;
const events = () => messageEvents(stack, conversation.id);

/** How long the claim has left by the clock of the database, in seconds. */
async function secondsLeft(claimId: string): Promise<number> {
  const { rows } = await stack.database.admin.query<{ left: number }>(
    `select extract(epoch from expires_at - clock_timestamp())::float8 as left
     from conversation_claims where id = $1`,
    [claimId],
  );
  return rows[0]?.left ?? Number.NaN;
}

const nothingSent = async (): Promise<void> => {
  expect(await messages()).toEqual([]);
  expect(await events()).toEqual([]);
};

describe('a send by a credential', () => {
  test('S-111 S-093 is recorded as what its actor wrote, told and audited', async () => {
    await claim();
    const { status, body } = await send('Good morning');
    expect(status).toBe(201);
    expect(await messages()).toMatchObject([
      {
        id: body.id,
        senderId: `automation:${credential.actorName}`,
        senderType: 'bot',
        content: 'Good morning',
      },
    ]);
    expect(await events()).toEqual([
      {
        type: 'message.created',
        object_id: body.id,
        data: { conversationId: conversation.id, senderType: 'bot', channel: 'chat' },
      },
    ]);
    const { rows } = await stack.database.admin.query(
      `select m.automation_credential_id, a.actor_type, a.actor_id, a.action, a.resource_type
       from messages m join audit_entries a on a.resource_id = m.id where m.id = $1`,
      [body.id],
    );
    expect(rows).toEqual([
      {
        automation_credential_id: credential.id,
        actor_type: 'api',
        actor_id: credential.id,
        action: 'automation.message.sent',
        resource_type: 'message',
      },
    ]);
  });

  test('S-111 extends its claim to 300 s from then, and touches the conversation', async () => {
    const { id } = await claim(credential.id, 20_000);
    const before = await get();
    await send('one moment');
    const left = await secondsLeft(id);
    expect(left).toBeGreaterThan(280);
    expect(left).toBeLessThanOrEqual(300);
    const after = await get();
    expect(after).toMatchObject({ unreadByVisitor: 1, lastInboundMessageAt: null });
    expect(after.updatedAt > before.updatedAt).toBe(true);
    expect(after.lastMessageAt).toBe(after.updatedAt);
  });

  test('S-111 without a live claim of its own is 409, and nothing is written', async () => {
    const before = await get();
    expect(await send('too early')).toMatchObject({
      status: 409,
      body: { code: 'claim_required' },
    });
    const { id } = await claim();
    const expire = `update conversation_claims set expires_at = clock_timestamp() where id = $1`;
    await stack.database.admin.query(expire, [id]);
    expect(await send('too late')).toMatchObject({ status: 409, body: { code: 'claim_required' } });
    await claim((await automationKey(stack, tenant)).id);
    expect(await send('not mine')).toMatchObject({ status: 409, body: { code: 'claim_held' } });
    await nothingSent();
    expect(await get()).toMatchObject({ updatedAt: before.updatedAt, unreadByVisitor: 0 });
  });

  test('S-111 in the name of an earlier claim of its own is 409', async () => {
    const stale = await claim();
    await stack.database.admin.query(
      `update conversation_claims set status = 'released', ended_at = clock_timestamp()
       where id = $1`,
      [stale.id],
    );
    const live = await claim();
    expect(await send('from the past', { claimId: stale.id })).toMatchObject({
      status: 409,
      body: { code: 'claim_required' },
    });
    await nothingSent();
    expect(await send('from now', { claimId: live.id })).toMatchObject({ status: 201 });
  });

  test('S-117 to a foreign or unknown conversation is 404, and nothing is written', async () => {
    await claim();
    const other = await stack.factory.tenant();
    const stranger = apiAs(stack.gateway.url, (await automationKey(stack, other)).secret);
    expect(await send('psst', { by: stranger })).toMatchObject({ status: 404 });
    const body = { conversationId: randomUUID(), content: 'psst' };
    expect(await key.post('/conversations/messages/send', body)).toMatchObject({ status: 404 });
    await nothingSent();
  });
});

describe('a send with an Idempotency-Key', () => {
  test('S-018 is answered 201 first and 200 with the same body after, as one message', async () => {
    await claim();
    const idempotencyKey = randomUUID();
    const first = await send('once', { idempotencyKey });
    expect(first.status).toBe(201);
    const repeat = await send('once', { idempotencyKey });
    expect(repeat).toMatchObject({ status: 200, body: first.body });
    expect(repeat.headers.get('idempotency-replayed')).toBe('true');
    // The claim is no part of it: what is done is done.
    await stack.database.admin.query(`update conversation_claims set expires_at = now()`);
    expect(await send('once', { idempotencyKey })).toMatchObject({
      status: 200,
      body: first.body,
    });
    expect(await messages()).toHaveLength(1);
    expect(await events()).toHaveLength(1);
  });

  test('S-018 is kept for 24 hours', async () => {
    await claim();
    const idempotencyKey = randomUUID();
    await send('once', { idempotencyKey });
    const { rows } = await stack.database.admin.query<{ hours: number }>(
      `select extract(epoch from expires_at - created_at)::float8 / 3600 as hours
       from idempotency_keys where tenant_id = $1 and key = $2`,
      [tenant.id, idempotencyKey],
    );
    expect(rows[0]?.hours).toBeCloseTo(24, 2);
    await stack.database.admin.query(
      `update idempotency_keys set expires_at = clock_timestamp() where key = $1`,
      [idempotencyKey],
    );
    expect(await send('once', { idempotencyKey })).toMatchObject({ status: 201 });
    expect(await messages()).toHaveLength(2);
  });

  test('S-017 twenty at once make one message and one event', async () => {
    await claim();
    const idempotencyKey = randomUUID();
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => send('race', { idempotencyKey })),
    );
    const ofStatus = (wanted: number) => answers.filter(({ status }) => status === wanted);
    expect(ofStatus(201)).toHaveLength(1);
    const [first] = ofStatus(201);
    for (const { body } of ofStatus(200)) expect(body).toEqual(first?.body);
    const refused = ofStatus(409).map(({ body }) => body.code);
    expect(new Set(['idempotency_in_progress', ...refused])).toEqual(
      new Set(['idempotency_in_progress']),
    );
    expect(ofStatus(201).length + ofStatus(200).length + refused.length).toBe(20);
    expect(await messages()).toHaveLength(1);
    expect(await events()).toHaveLength(1);
  });

  test('S-019 with another body is 422, and a key over 255 characters 400', async () => {
    await claim();
    const idempotencyKey = randomUUID();
    await send('one', { idempotencyKey });
    expect(await send('two', { idempotencyKey })).toMatchObject({
      status: 422,
      body: { code: 'idempotency_mismatch' },
    });
    expect(await send('long', { idempotencyKey: 'k'.repeat(256) })).toMatchObject({
      status: 400,
      body: { code: 'idempotency_key_invalid' },
    });
    expect(await send('long', { idempotencyKey: 'k'.repeat(255) })).toMatchObject({ status: 201 });
    expect(await messages()).toHaveLength(2);
  });

  test('S-019 is 409 while the first one runs, and works once its claim on the key is gone', async () => {
    await claim();
    const idempotencyKey = randomUUID();
    const client = await stack.database.admin.connect();
    try {
      await client.query('begin');
      // Holds the first request where it writes, as a slow machine would.
      await client.query('select from conversations where id = $1 for update', [conversation.id]);
      const first = send('slow', { idempotencyKey });
      await someoneWaits(stack);
      expect(await send('slow', { idempotencyKey })).toMatchObject({
        status: 409,
        body: { code: 'idempotency_in_progress' },
      });
      await client.query('rollback');
      const { status, body } = await first;
      expect(status).toBe(201);
      expect(await send('slow', { idempotencyKey })).toMatchObject({ status: 200, body });
    } finally {
      client.release();
    }
  });

  test('S-018 that was refused can be used for the same send later', async () => {
    const idempotencyKey = randomUUID();
    expect(await send('patience', { idempotencyKey })).toMatchObject({ status: 409 });
    await claim();
    expect(await send('patience', { idempotencyKey })).toMatchObject({ status: 201 });
  });
});

describe('a send by a user', () => {
  test('S-093 is recorded as what an agent wrote, by their id', async () => {
    const { status, body } = await send('I am human', { by: user });
    expect(status).toBe(201);
    expect(await messages()).toMatchObject([
      { id: body.id, senderId: agent.id, senderType: 'agent' },
    ]);
    expect(await events()).toMatchObject([{ data: { senderType: 'agent' } }]);
  });

  test('S-111 is refused while a program holds the claim, and taken once it ran out', async () => {
    const { id } = await claim();
    expect(await send('let me', { by: user })).toMatchObject({
      status: 409,
      body: { code: 'claim_held' },
    });
    await nothingSent();
    const expire = `update conversation_claims set expires_at = clock_timestamp() where id = $1`;
    await stack.database.admin.query(expire, [id]);
    expect(await send('let me', { by: user })).toMatchObject({ status: 201 });
  });

  test('S-126 needs the permission to write messages', async () => {
    const viewer = await stack.factory.user(tenant, { role: 'viewer' });
    expect(await send('hi', { by: apiAs(stack.gateway.url, viewer.token) })).toMatchObject({
      status: 403,
      body: { code: 'permission_missing' },
    });
    await nothingSent();
  });
});
