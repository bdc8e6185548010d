import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { freePort } from '../../apps/dev/ports.ts';
import type { Gateway } from '../../apps/gateway/gateway.ts';
import { escalationReason } from '../../shared/support/claims.ts';
import { apiAs, type ApiCaller } from '../support/api.ts';
import { automationKey, type TestKey } from '../support/automation.ts';
import { claimsOf, lapse } from '../support/claims.ts';
import { eventsAbout, testConversation, type TestConversation } from '../support/conversations.ts';
import type { TestTenant, TestUser } from '../support/factory.ts';
import { startTestStack, type TestStack } from '../support/stack.ts';

let stack: TestStack;
let second: Gateway;
let tenant: TestTenant;
let agent: TestUser;
let user: ApiCaller;
let credential: TestKey;
let key: ApiCaller;
let other: ApiCaller;
let conversation: TestConversation;

beforeAll(async () => {
  stack = await startTestStack();
  second = await stack.startGateway();
});
afterAll(() => stack.stop());
beforeEach(async () => {
  tenant = await stack.factory.tenant();
  agent = await stack.factory.user(tenant);
  user = apiAs(stack.gateway.url, agent.token);
  credential = await automationKey(stack, tenant);
  key = apiAs(stack.gateway.url, credential.secret);
  other = apiAs(second.url, (await automationKey(stack, tenant)).secret);
  conversation = await testConversation(stack, tenant);
});

const about = (more: object = {}) => ({ conversationId: conversation.id, ...more });
const claim = (by = key, headers?: Record<string, string>) =>
  by.post('/conversations/claim', about(), headers);
const release = (by = key, more = {}) => by.post('/conversations/release', about(more));
const escalate = (by = key, more = {}) => by.post('/conversations/escalate', about(more));
const get = async () => (await user.get(`/conversations/get?id=${conversation.id}`)).body;
const refused = (status: number, code: string) => ({ status, body: { code } });

const claims = () => claimsOf(stack.database.admin, conversation.id);

async function actions(): Promise<readonly string[]> {
  const { rows } = await stack.database.admin.query<{ action: string }>(
    `select action from audit_entries where resource_id = $1 order by occurred_at, id`,
    [conversation.id],
  );
  return rows.map(({ action }) => action);
}

const lapseNow = () => lapse(stack.database.admin, conversation.id);
const setStatus = (status: string) => user.post('/conversations/update', about({ status }));

describe('a claim', () => {
  test('S-110 of an open conversation lives for 300 s', async () => {
    const { status, body } = await claim();
    expect(status).toBe(201);
    expect(body).toEqual({
      claimId: expect.any(String),
      renewed: false,
      fence: 1,
      expiresAt: expect.any(String),
    });
    const [row] = await claims();
    expect(row).toMatchObject({ id: body.claimId, credential_id: credential.id, fence: 1 });
    expect(row?.left_s).toBeGreaterThan(290);
    expect(row?.left_s).toBeLessThanOrEqual(300);
    expect((await get()).claim).toEqual({
      credentialId: credential.id,
      expiresAt: body.expiresAt,
    });
  });

  test('S-110 by the same credential again is renewed, with the same fence', async () => {
    const { body: first } = await claim();
    await stack.database.admin.query(
      `update conversation_claims set expires_at = clock_timestamp() + interval '60 s'
       where id = $1`,
      [first.claimId],
    );
    const { status, body } = await claim(apiAs(second.url, credential.secret));
    expect(status).toBe(201);
    expect(body).toMatchObject({ claimId: first.claimId, renewed: true, fence: 1 });
    const [row, ...more] = await claims();
    expect(more).toEqual([]);
    expect(row?.left_s).toBeGreaterThan(290);
    expect(await actions()).toEqual(['automation.conversation.claimed']);
  });

  test('S-110 D-A1 by another credential is 409, which says until when', async () => {
    const { body: mine } = await claim();
    const answer = await claim(other);
    expect(answer).toMatchObject(refused(409, 'claim_held'));
    expect(answer.body.message).toContain(mine.expiresAt);
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(290);
    expect(await claims()).toHaveLength(1);
  });

  test.for(['closed', 'snoozed'])(
    'S-110 of a conversation that is %s is 409, and of the holder too',
    async (status) => {
      await setStatus(status);
      expect(await claim()).toMatchObject(refused(409, 'conversation_not_open'));
      expect(await claims()).toEqual([]);
      await setStatus('open');
      await claim();
      await setStatus(status);
      expect(await claim()).toMatchObject(refused(409, 'conversation_not_open'));
      // It is left to its holder, for a last word and the release.
      const said = await key.post('/conversations/messages/send', about({ content: 'Bye' }));
      expect(said.status).toBe(201);
      expect(await release()).toMatchObject({ status: 200, body: { success: true } });
    },
  );

  test('D-A1 S-117 of an unknown or a foreign conversation is 404, and nothing is written', async () => {
    const unknown = { conversationId: randomUUID() };
    const stranger = await stack.factory.tenant();
    const foreign = apiAs(stack.gateway.url, (await automationKey(stack, stranger)).secret);
    for (const verb of ['claim', 'release', 'escalate']) {
      expect(await key.post(`/conversations/${verb}`, unknown)).toMatchObject(
        refused(404, 'not_found'),
      );
      expect(await foreign.post(`/conversations/${verb}`, about())).toMatchObject(
        refused(404, 'not_found'),
      );
    }
    expect(await claims()).toEqual([]);
    expect(await key.post('/conversations/claim', { conversationId: 'x' })).toMatchObject(
      refused(400, 'validation_failed'),
    );
  });

  test('S-110 of many concurrent ones one wins, and the fence grows by one', async () => {
    const before = (await claims()).length;
    const keys = await Promise.all(
      Array.from({ length: 10 }, async (_, n) => {
        const { secret, id } = await automationKey(stack, tenant);
        return { id, api: apiAs(n % 2 === 0 ? stack.gateway.url : second.url, secret) };
      }),
    );
    const answers = await Promise.all(
      Array.from({ length: 50 }, async (_, n) => {
        const { id, api } = keys[n % keys.length] as (typeof keys)[number];
        return { id, ...(await claim(api)) };
      }),
    );
    const won = answers.filter(({ status }) => status === 201);
    const winners = new Set(won.map(({ id }) => id));
    expect(winners.size).toBe(1);
    // The winner asked five times: one made it, the others renewed it.
    expect(won).toHaveLength(5);
    expect(won.filter(({ body }) => body.renewed === false)).toHaveLength(1);
    const lost = answers.filter(({ status }) => status !== 201);
    for (const answer of lost) expect(answer).toMatchObject(refused(409, 'claim_held'));
    const rows = await claims();
    expect(rows).toHaveLength(before + 1);
    expect(rows).toMatchObject([
      { credential_id: [...winners][0], fence: 1, status: 'active', claim_fence: 1 },
    ]);
  });

  test('S-113 that ran out blocks no new one, and takes no write of its holder', async () => {
    const { body: first } = await claim();
    await lapseNow();
    const answer = await claim(other);
    expect(answer).toMatchObject({ status: 201, body: { renewed: false, fence: 2 } });
    expect(await claims()).toMatchObject([
      { id: first.claimId, status: 'expired' },
      { id: answer.body.claimId, status: 'active' },
    ]);
    const late = about({ content: 'late', claimId: first.claimId });
    expect(await key.post('/conversations/messages/send', late)).toMatchObject(
      refused(409, 'claim_required'),
    );
  });

  test('S-104 needs the scope claims.manage, and is for no user', async () => {
    const scopes = ['conversations.write', 'messages.write'] as const;
    const { secret } = await automationKey(stack, tenant, scopes);
    const without = apiAs(stack.gateway.url, secret);
    for (const verb of ['claim', 'release', 'escalate']) {
      const path = `/conversations/${verb}`;
      expect(await without.post(path, about())).toMatchObject(refused(403, 'scope_missing'));
      expect(await user.post(path, about())).toMatchObject(refused(403, 'permission_missing'));
    }
  });

  test('S-018 with an Idempotency-Key is answered the same, also when it has ended', async () => {
    const once = { 'idempotency-key': randomUUID() };
    const first = await claim(key, once);
    expect(await claim(key, once)).toMatchObject({ status: 201, body: first.body });
    await release();
    const repeat = await claim(key, once);
    expect(repeat).toMatchObject({ status: 201, body: first.body });
    expect(repeat.headers.get('idempotency-replayed')).toBe('true');
    expect(await claims()).toMatchObject([{ status: 'released' }]);
    const elsewhere = { conversationId: (await testConversation(stack, tenant)).id };
    expect(await key.post('/conversations/claim', elsewhere, once)).toMatchObject(
      refused(422, 'idempotency_mismatch'),
    );
  });

  test('S-018 with one Idempotency-Key many times at once is one claim with one answer', async () => {
    const once = { 'idempotency-key': randomUUID() };
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, n) =>
        claim(n % 2 === 0 ? key : apiAs(second.url, credential.secret), once),
      ),
    );
    const taken = answers.filter(({ status }) => status === 201);
    expect(taken.length).toBeGreaterThan(0);
    expect(new Set(taken.map(({ body }) => body.claimId)).size).toBe(1);
    for (const { body } of taken) expect(body).toMatchObject({ renewed: false, fence: 1 });
    const turnedAway = answers.filter(({ status }) => status !== 201);
    for (const answer of turnedAway) {
      expect(answer).toMatchObject(refused(409, 'idempotency_in_progress'));
    }
    expect(await actions()).toEqual(['automation.conversation.claimed']);
  });
});

describe('a release', () => {
  test('S-112 clears the assignee, touches the conversation and tells of it', async () => {
    await user.post('/conversations/update', about({ assignedAgentId: agent.id }));
    await claim();
    const before = await get();
    expect(await release()).toMatchObject({ status: 200, body: { success: true } });
    const after = await get();
    expect(after).toMatchObject({ assignedAgentId: null, claim: null, automationEligible: true });
    expect(Date.parse(after.updatedAt)).toBeGreaterThan(Date.parse(before.updatedAt));
    expect((await eventsAbout(stack, conversation.id)).at(-1)).toEqual({
      type: 'conversation.updated',
      data: { assignedAgentId: null },
    });
    expect(await claims()).toMatchObject([{ status: 'released' }]);
    expect(await actions()).toEqual([
      'conversation.updated',
      'automation.conversation.claimed',
      'automation.conversation.released',
    ]);
    expect(await claim(other)).toMatchObject({ status: 201, body: { fence: 2 } });
  });

  test('S-112 of a conversation that is nobody’s touches it and tells nothing', async () => {
    await claim();
    const before = await get();
    const told = await eventsAbout(stack, conversation.id);
    await release();
    expect(Date.parse((await get()).updatedAt)).toBeGreaterThan(Date.parse(before.updatedAt));
    expect(await eventsAbout(stack, conversation.id)).toEqual(told);
  });

  test('S-112 D-A1 is for the holder: 409 to others, without a claim, and for an earlier one', async () => {
    expect(await release()).toMatchObject(refused(409, 'claim_required'));
    const { body: first } = await claim();
    expect(await release(other)).toMatchObject(refused(409, 'claim_held'));
    await lapseNow();
    expect(await release()).toMatchObject(refused(409, 'claim_required'));
    const { body: later } = await claim();
    const stale = { claimId: first.claimId };
    expect(await release(key, stale)).toMatchObject(refused(409, 'claim_required'));
    expect(await claims()).toMatchObject([{ status: 'expired' }, { status: 'active' }]);
    expect(await release(key, { claimId: later.claimId })).toMatchObject({ status: 200 });
  });
});

describe('an escalation', () => {
  test('S-112 hands the conversation over, with a reason, and tells of it', async () => {
    await claim();
    expect(await escalate()).toMatchObject({ status: 200, body: { success: true } });
    expect(await get()).toMatchObject({
      aiWorkflowState: 'handoff',
      aiHandoffReason: escalationReason,
      claim: null,
    });
    expect((await eventsAbout(stack, conversation.id)).at(-1)).toEqual({
      type: 'conversation.updated',
      data: { aiWorkflowState: 'handoff' },
    });
    expect(await claims()).toMatchObject([{ status: 'escalated' }]);
    expect(await actions()).toEqual([
      'automation.conversation.claimed',
      'automation.conversation.escalated',
    ]);
  });

  test('S-112 takes the reason of the caller', async () => {
    await claim();
    await escalate(key, { reason: 'Wants a refund above my limit' });
    expect((await get()).aiHandoffReason).toBe('Wants a refund above my limit');
  });

  test('S-112 D-A1 is for the holder: 409 to others and without a claim', async () => {
    expect(await escalate()).toMatchObject(refused(409, 'claim_required'));
    const { body: first } = await claim();
    expect(await escalate(other)).toMatchObject(refused(409, 'claim_held'));
    await lapseNow();
    await claim(other);
    const stale = { claimId: first.claimId };
    expect(await escalate(key, stale)).toMatchObject(refused(409, 'claim_required'));
    expect((await get()).aiWorkflowState).toBe('none');
  });
});

describe('a take-over', () => {
  const takeOver = (by = user) => by.post('/conversations/claim/end', about());

  test('S-113 by a person ends the claim of a program, which cannot write any more', async () => {
    const { body } = await claim();
    const say = about({ content: 'Hello' });
    expect(await user.post('/conversations/messages/send', say)).toMatchObject(
      refused(409, 'claim_held'),
    );
    expect(await takeOver()).toMatchObject({ status: 200, body: { success: true, ended: true } });
    expect(await key.post('/conversations/messages/send', say)).toMatchObject(
      refused(409, 'claim_required'),
    );
    expect(await user.post('/conversations/messages/send', say)).toMatchObject({ status: 201 });
    expect(await claims()).toMatchObject([{ id: body.claimId, status: 'released' }]);
    expect(await actions()).toContain('conversation.claim_ended');
    expect(await takeOver()).toMatchObject({ status: 200, body: { success: true, ended: false } });
  });

  test('S-126 needs conversations.write, and is for no program', async () => {
    const viewer = await stack.factory.user(tenant, { role: 'viewer' });
    expect(await takeOver(apiAs(stack.gateway.url, viewer.token))).toMatchObject(
      refused(403, 'permission_missing'),
    );
    expect(await takeOver(key)).toMatchObject(refused(403, 'scope_missing'));
  });
});

test('S-049 claims that were made, renewed, refused and run out are counted', async () => {
  const port = await freePort();
  const gateway = await stack.startGateway({ env: { TIDEGATE_METRICS_PORT: String(port) } });
  const here = apiAs(gateway.url, credential.secret);
  await claim(here);
  await claim(here);
  await claim(apiAs(gateway.url, (await automationKey(stack, tenant)).secret));
  const scrape = async () => (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  const text = await scrape();
  for (const outcome of ['made', 'renewed', 'conflict']) {
    expect(text).toContain(`tidegate_claims_total{outcome="${outcome}"} 1`);
  }
  expect(text).not.toContain(tenant.id);
  expect(text).not.toContain(credential.id);
  await gateway.close();
});
