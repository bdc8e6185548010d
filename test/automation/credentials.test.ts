import { createHash, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { scopes as allScopes } from '../../shared/domain/scopes.ts';
import { apiAs, type ApiCaller } from '../support/api.ts';
import { automationKey } from '../support/automation.ts';
import type { TestTenant, TestUser } from '../support/factory.ts';
import { startTestStack, type TestStack } from '../support/stack.ts';

let stack: TestStack;
beforeAll(async () => {
  stack = await startTestStack();
});
afterAll(() => stack.stop());

let tenant: TestTenant;
let user: TestUser;
let admin: ApiCaller;
beforeEach(async () => {
  tenant = await stack.factory.tenant();
  user = await stack.factory.user(tenant);
  admin = apiAs(stack.gateway.url, user.token);
});

const wish = { name: 'Support bot', actorName: 'bot', scopes: ['events.read'] };

async function make(overrides: Readonly<Record<string, unknown>> = {}) {
  const { status, body } = await admin.post('/credentials', { ...wish, ...overrides });
  expect(status, JSON.stringify(body)).toBe(201);
  return body as { readonly data: { readonly id: string }; readonly secret: string };
}

const uuidOf = (wireId: string): string =>
  wireId.replace(/^cred_(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');

/** What a key is answered now: 200, or the code of its refusal. */
async function standing(secret: string, gatewayUrl = stack.gateway.url): Promise<unknown> {
  const { status, body } = await apiAs(gatewayUrl, secret).get('/events');
  return status === 200 ? 200 : body.code;
}

async function change(id: string, assignments: string): Promise<void> {
  await stack.database.admin.query(
    `update automation_credentials set ${assignments} where id = $1`,
    [uuidOf(id)],
  );
}

const expire = (id: string) => change(id, `expires_at = now() - interval '1 second'`);

describe('a credential', () => {
  test('S-102 has a secret of osk_ and 48 alphanumerics, shown once and kept as its SHA-256', async () => {
    const { data, secret } = await make();
    expect(secret).toMatch(/^osk_[A-Za-z0-9]{48}$/);
    expect(data).toEqual({
      id: expect.stringMatching(/^cred_[0-9a-f]{32}$/),
      name: 'Support bot',
      actorName: 'bot',
      secretPrefix: secret.slice(0, 12),
      scopes: ['events.read'],
      status: 'active',
      expiresAt: null,
      lastUsedAt: null,
      createdBy: user.id,
      createdAt: expect.any(String),
    });
    expect((await admin.get(`/credentials/${data.id}`)).body).toEqual({ data });
    expect((await admin.get('/credentials')).body).toEqual({
      data: [data],
      nextCursor: null,
      hasMore: false,
    });
    const { rows } = await stack.database.admin.query<{ secret_sha256: Buffer; text: string }>(
      `select secret_sha256, c::text as text from automation_credentials c where id = $1`,
      [uuidOf(data.id)],
    );
    expect(rows[0]?.secret_sha256).toEqual(createHash('sha256').update(secret).digest());
    expect(rows[0]?.text).not.toContain(secret.slice(4));
  });

  test('S-102 notes its last use, whatever came of it, and once a minute at most', async () => {
    const { data, secret } = await make();
    const lastUse = async () => (await admin.get(`/credentials/${data.id}`)).body.data.lastUsedAt;
    const key = apiAs(stack.gateway.url, secret);
    expect((await key.get('/visitors')).status).toBe(403);
    expect(await lastUse()).toBeNull();
    expect((await key.get(`/events/evt_${'0'.repeat(32)}`)).status).toBe(404);
    const first = await lastUse();
    expect(Date.now() - Date.parse(first)).toBeLessThan(60_000);
    await key.get('/events');
    expect(await lastUse()).toBe(first);
    await change(data.id, `last_used_at = last_used_at - interval '61 seconds'`);
    await key.get('/events');
    expect(Date.parse(await lastUse())).toBeGreaterThan(Date.parse(first));
  });

  test('S-103 is listed newest first, page by page', async () => {
    const ids: string[] = [];
    for (const name of ['a', 'b', 'c']) ids.unshift((await make({ name })).data.id);
    const first = (await admin.get('/credentials?limit=2')).body;
    const second = (await admin.get(`/credentials?limit=2&cursor=${first.nextCursor}`)).body;
    expect(first).toMatchObject({ hasMore: true });
    expect(second).toMatchObject({ hasMore: false, nextCursor: null });
    expect([...first.data, ...second.data].map(({ id }: { id: string }) => id)).toEqual(ids);
  });
});

describe('rotation, disabling and removal', () => {
  test('S-103 a rotation stops the old secret at the next request, at every gateway', async () => {
    const other = await stack.startGateway();
    const { data, secret } = await make();
    expect(await standing(secret, other.url)).toBe(200);
    const rotated = await admin.post(`/credentials/${data.id}/rotate`);
    expect(rotated.status).toBe(200);
    const next = rotated.body.secret;
    expect(next).toMatch(/^osk_[A-Za-z0-9]{48}$/);
    expect(rotated.body.data).toMatchObject({ id: data.id, secretPrefix: next.slice(0, 12) });
    for (const { url } of [stack.gateway, other]) {
      expect(await standing(secret, url)).toBe('unauthenticated');
      expect(await standing(next, url)).toBe(200);
    }
    await other.close();
  });

  test('S-103 a disabled credential is refused from the next request on, until it is enabled', async () => {
    const { data, secret } = await make();
    expect(await standing(secret)).toBe(200);
    expect((await admin.post(`/credentials/${data.id}/disable`)).body.data.status).toBe('disabled');
    expect(await standing(secret)).toBe('credential_disabled');
    const rotated = await admin.post(`/credentials/${data.id}/rotate`);
    expect(rotated.body.data.status).toBe('disabled');
    expect(await standing(rotated.body.secret)).toBe('credential_disabled');
    expect((await admin.post(`/credentials/${data.id}/enable`)).body.data.status).toBe('active');
    expect(await standing(rotated.body.secret)).toBe(200);
    expect(await standing(secret)).toBe('unauthenticated');
  });

  test('S-103 an expired one is shown so, and can be disabled and removed, not enabled or rotated', async () => {
    const { data, secret } = await make({ expiresAt: new Date(Date.now() + 60_000).toISOString() });
    expect(await standing(secret)).toBe(200);
    await expire(data.id);
    const path = `/credentials/${data.id}`;
    expect((await admin.get(path)).body.data.status).toBe('expired');
    for (const verb of ['enable', 'rotate']) {
      const refused = await admin.post(`${path}/${verb}`);
      expect(refused).toMatchObject({ status: 409, body: { code: 'credential_lapsed' } });
    }
    expect((await admin.post(`${path}/disable`)).body.data.status).toBe('disabled');
    expect((await admin.post(`${path}/enable`)).status).toBe(409);
    expect((await admin.delete(path)).status).toBe(204);
  });

  test('S-103 a removed one is gone, its claims end, and what it wrote stays', async () => {
    const { data, secret } = await make({ scopes: ['events.read', 'claims.manage'] });
    const kept = await automationKey(stack, tenant);
    const mine = await conversationWith(uuidOf(data.id));
    const theirs = await conversationWith(kept.id);
    expect((await admin.delete(`/credentials/${data.id}`)).status).toBe(204);
    expect(await standing(secret)).toBe('unauthenticated');
    expect((await admin.get(`/credentials/${data.id}`)).status).toBe(404);
    expect((await admin.delete(`/credentials/${data.id}`)).status).toBe(404);
    expect(await standOf(mine)).toEqual({
      status: 'released',
      has_ended: true,
      claimed_by: null,
      content: 'Hello',
      written_by: null,
      is_newer: true,
    });
    expect(await standOf(theirs)).toMatchObject({
      status: 'active',
      claimed_by: kept.id,
      written_by: kept.id,
      is_newer: false,
    });
  });

  test('S-103 of many who remove one at once, while it is used, one does', async () => {
    const { data, secret } = await make();
    await conversationWith(uuidOf(data.id));
    const [removals, uses] = await Promise.all([
      Promise.all(Array.from({ length: 5 }, () => admin.delete(`/credentials/${data.id}`))),
      Promise.all(Array.from({ length: 20 }, () => standing(secret))),
    ]);
    const statuses = removals.map(({ status }) => status);
    expect(statuses.toSorted((a, b) => a - b)).toEqual([204, 404, 404, 404, 404]);
    for (const use of uses) expect([200, 'unauthenticated']).toContain(use);
  });

  test('S-103 a repeat with the same Idempotency-Key gets the same secret, and nothing more is made', async () => {
    const headers = { 'idempotency-key': randomUUID() };
    const answers = [
      await admin.post('/credentials', wish, headers),
      await admin.post('/credentials', wish, headers),
    ];
    expect(answers[1]?.body).toEqual(answers[0]?.body);
    expect((await admin.get('/credentials')).body.data).toHaveLength(1);
  });
});

describe('scopes', () => {
  test('S-105 are exactly eighteen, all of which can be given', async () => {
    expect(allScopes).toHaveLength(18);
    const { data } = await make({ scopes: allScopes.toReversed() });
    expect(data).toMatchObject({ scopes: allScopes });
  });

  test('S-105 that do not exist are refused, each by its name, and nothing is made', async () => {
    const wrong = ['events.read', 'events.*', '*', 'webhooks.manage', 'admin', 'Events.read'];
    const refused = await admin.post('/credentials', { ...wish, scopes: wrong });
    expect(refused).toMatchObject({ status: 400, body: { code: 'validation_failed' } });
    expect(refused.body.details).toEqual(
      [1, 2, 4, 5].map((index) => ({
        pointer: `/scopes/${index}`,
        message: `There is no scope ${JSON.stringify(wrong[index])}.`,
      })),
    );
    expect((await admin.get('/credentials')).body.data).toEqual([]);
  });

  test('S-105 are at least one', async () => {
    const refused = await admin.post('/credentials', { ...wish, scopes: [] });
    expect(refused).toMatchObject({ status: 400 });
    expect(refused.body.details).toMatchObject([{ pointer: '/scopes' }]);
    expect((await admin.post('/credentials', { name: 'x', actorName: 'x' })).status).toBe(400);
  });

  test('S-105 are fixed: no route changes a credential', async () => {
    const { data } = await make();
    const path = `/credentials/${data.id}`;
    expect((await admin.patch(path, { scopes: ['events.write'] })).status).toBe(405);
    expect((await admin.put(path, { scopes: ['events.write'] })).status).toBe(405);
    expect((await admin.post(`${path}/rotate`, { scopes: ['events.write'] })).status).toBe(200);
    expect((await admin.get(path)).body.data.scopes).toEqual(['events.read']);
  });

  test('S-135 come with values that can be stored, and an expiry to come', async () => {
    for (const [member, value] of [
      ['name', 'a\u0000b'],
      ['name', ' '],
      ['actorName', 'x'.repeat(256)],
      ['expiresAt', new Date(Date.now() - 1_000).toISOString()],
      ['expiresAt', 'tomorrow'],
    ] as const) {
      const refused = await admin.post('/credentials', { ...wish, [member]: value });
      expect(refused, `${member} ${value}`).toMatchObject({
        status: 400,
        body: { details: [{ pointer: `/${member}` }] },
      });
    }
  });
});

describe('who manages credentials', () => {
  test('S-123 is in the audit log with what was done, one of two actions and the acting user', async () => {
    const { data } = await make();
    for (const verb of ['rotate', 'disable', 'disable', 'enable', 'enable']) {
      expect((await admin.post(`/credentials/${data.id}/${verb}`)).status).toBe(200);
    }
    await admin.delete(`/credentials/${data.id}`);
    const { body } = await admin.get('/audit?resourceType=automationCredential');
    const entries = body.data.toReversed();
    expect(
      entries.map(({ action, details }: { action: string; details: { subAction: string } }) => [
        action,
        details.subAction,
      ]),
    ).toEqual([
      ['integration.created', 'created'],
      ['integration.revoked', 'rotated'],
      ['integration.revoked', 'disabled'],
      ['integration.created', 'enabled'],
      ['integration.revoked', 'removed'],
    ]);
    for (const entry of entries) {
      expect(entry).toMatchObject({
        actorType: 'user',
        actorId: user.id,
        resourceId: uuidOf(data.id),
        details: { name: 'Support bot' },
      });
    }
  });

  test('S-126 S-127 is an administrator of the tenant: nobody else, and no credential', async () => {
    const { data } = await make();
    const path = `/credentials/${data.id}`;
    const agent = apiAs(
      stack.gateway.url,
      (await stack.factory.user(tenant, { role: 'agent' })).token,
    );
    const key = apiAs(stack.gateway.url, (await automationKey(stack, tenant)).secret);
    const stranger = apiAs(
      stack.gateway.url,
      (await stack.factory.user(await stack.factory.tenant())).token,
    );
    const everything = (caller: ApiCaller) =>
      Promise.all([
        caller.get(path),
        caller.post(`${path}/rotate`),
        caller.post(`${path}/disable`),
        caller.post(`${path}/enable`),
        caller.delete(path),
      ]);
    for (const { status, body } of [
      ...(await everything(agent)),
      await agent.post('/credentials', wish),
    ]) {
      expect([status, body.code]).toEqual([403, 'permission_missing']);
    }
    for (const { status, body } of [
      ...(await everything(key)),
      await key.post('/credentials', wish),
    ]) {
      expect([status, body.code]).toEqual([403, 'scope_missing']);
    }
    for (const { status } of await everything(stranger)) expect(status).toBe(404);
    expect((await admin.get(path)).body.data.status).toBe('active');
    for (const id of ['cred_1', `wh_${'0'.repeat(32)}`, randomUUID()]) {
      expect((await admin.get(`/credentials/${id}`)).status).toBe(404);
    }
  });
});

/** A conversation that a credential has claimed and written to. */
async function conversationWith(credentialId: string): Promise<string> {
  const id = randomUUID();
  const { admin: database } = stack.database;
  await database.query(
    `insert into conversations (tenant_id, id, claim_fence, updated_at)
     values ($1, $2, 1, now() - interval '1 hour')`,
    [tenant.id, id],
  );
  await database.query(
    `insert into conversation_claims
       (tenant_id, id, conversation_id, credential_id, fence, request_id, expires_at)
     values ($1, $2, $3, $4, 1, $2, now() + interval '5 minutes')`,
    [tenant.id, randomUUID(), id, credentialId],
  );
  await database.query(
    `insert into messages
       (tenant_id, id, conversation_id, sender_id, sender_type, content, automation_credential_id)
     values ($1, $2, $3, 'automation:bot', 'bot', 'Hello', $4)`,
    [tenant.id, randomUUID(), id, credentialId],
  );
  return id;
}

async function standOf(conversationId: string): Promise<unknown> {
  const { rows } = await stack.database.admin.query(
    `select c.status, c.ended_at is not null as has_ended, c.credential_id as claimed_by, m.content,
       m.automation_credential_id as written_by,
       v.updated_at > now() - interval '1 minute' as is_newer
     from conversations v
     join conversation_claims c on c.conversation_id = v.id
     join messages m on m.conversation_id = v.id
     where v.id = $1`,
    [conversationId],
  );
  return rows[0];
}
