import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { apiAs, type ApiCaller } from '../support/api.ts';
import type { TestTenant } from '../support/factory.ts';
import { operatorToken, startTestStack, type TestStack } from '../support/stack.ts';

let stack: TestStack;
let tenant: TestTenant;
let owner: ApiCaller;
let admin: ApiCaller;

beforeAll(async () => {
  stack = await startTestStack();
  tenant = await stack.factory.tenant();
  owner = await callerWith({ role: 'owner' });
  admin = await callerWith({ role: 'admin' });
});
afterAll(() => stack.stop());

async function callerWith(
  options: Parameters<TestStack['factory']['user']>[1],
  of: TestTenant = tenant,
): Promise<ApiCaller> {
  const { token } = await stack.factory.user(of, options);
  return apiAs(stack.gateway.url, token);
}

const problem = (status: number, code: string) => ({
  status,
  body: expect.objectContaining({
    type: `urn:tidegate:error:${code}`,
    status,
    code,
    title: expect.any(String),
    message: expect.any(String),
    details: expect.any(Array),
    requestId: expect.any(String),
  }),
});

describe('a caller', () => {
  test.for([undefined, 'nonsense', `tgu_${'x'.repeat(48)}`, `osk_${'x'.repeat(48)}`])(
    'without a known token (%s) is answered 401',
    async (token) => {
      const answer = await apiAs(stack.gateway.url, token).get('/me');
      expect(answer).toMatchObject(problem(401, 'unauthenticated'));
      expect(answer.headers.get('content-type')).toContain('application/problem+json');
      expect(answer.headers.get('www-authenticate')).toBe('Bearer');
    },
  );

  test('sees who it is and what it may do', async () => {
    const { status, body } = await admin.get('/me');
    expect(status).toBe(200);
    expect(body.data).toMatchObject({ tenant: { slug: tenant.slug }, user: { role: 'admin' } });
    expect(body.data.permissions).toContain('inbound_webhook.create');
  });

  test('S-126 hooks are for owners and administrators: agents and viewers are answered 403, naming the permission', async () => {
    for (const role of ['agent', 'viewer'] as const) {
      const caller = await callerWith({ role });
      expect(await caller.get('/inbound-webhooks')).toMatchObject(
        problem(403, 'permission_missing'),
      );
      const created = await caller.post('/inbound-webhooks', {});
      expect(created.body.message).toContain('inbound_webhook.create');
    }
    for (const caller of [owner, admin]) {
      expect((await caller.get('/inbound-webhooks')).status).toBe(200);
    }
  });

  test("S-125 a member's own permission list overrides the role, both ways", async () => {
    const agent = await callerWith({ role: 'agent', permissions: ['inbound_webhook.read'] });
    expect((await agent.get('/inbound-webhooks')).status).toBe(200);
    expect((await agent.post('/inbound-webhooks', {})).status).toBe(403);
    const narrow = await callerWith({ role: 'admin', permissions: ['audit.read'] });
    expect((await narrow.get('/inbound-webhooks')).status).toBe(403);
    expect((await narrow.get('/audit')).status).toBe(200);
  });

  test('a switched-off user and an expired token are answered 403', async () => {
    const user = await stack.factory.user(tenant);
    await owner.patch(`/users/${user.id}`, { isActive: false });
    const answer = await apiAs(stack.gateway.url, user.token).get('/me');
    expect(answer).toMatchObject(problem(403, 'token_expired'));
  });
});

describe('users', () => {
  test('S-125 are made, listed and changed by who manages members', async () => {
    const body = { email: 'New@Example.test', name: 'New', role: 'agent' };
    const created = await admin.post('/users', body);
    expect(created.status).toBe(201);
    expect(created.body.data).toMatchObject({ role: 'agent', permissions: null, isActive: true });
    const again = await admin.post('/users', { ...body, email: 'new@example.test' });
    expect(again).toMatchObject(problem(409, 'email_taken'));
    const { id } = created.body.data;
    const changed = await admin.patch(`/users/${id}`, { permissions: ['audit.read'] });
    expect(changed.body.data).toMatchObject({ name: 'New', permissions: ['audit.read'] });
    const list = await admin.get('/users?limit=100');
    expect(list.body.data.map((user: { id: string }) => user.id)).toContain(id);
  });

  test('an administrator cannot make an owner, change one, or take a token of one', async () => {
    const { id } = await stack.factory.user(tenant, { role: 'owner' });
    const attempts = [
      admin.post('/users', { email: 'o@example.test', name: 'O', role: 'owner' }),
      admin.patch(`/users/${id}`, { name: 'Mine' }),
      admin.post('/tokens', { name: 'theirs', userId: id }),
    ];
    for (const answer of await Promise.all(attempts)) {
      expect(answer).toMatchObject(problem(403, 'permission_missing'));
    }
  });

  test('the last active owner stays, also when two are switched off at once', async () => {
    const other = await stack.factory.tenant();
    const users = await Promise.all([1, 2].map(() => stack.factory.user(other, { role: 'owner' })));
    const answers = await Promise.all(
      users.map(({ id, token }) =>
        apiAs(stack.gateway.url, token).patch(`/users/${id}`, { isActive: false }),
      ),
    );
    expect(answers.map(({ status }) => String(status)).toSorted()).toEqual(['200', '409']);
  });

  test.for([
    ['an unknown member', { email: 'a@example.test', name: 'A', role: 'agent', isAdmin: true }],
    ['an unknown role', { email: 'a@example.test', name: 'A', role: 'root' }],
    [
      'an unknown permission',
      { email: 'a@example.test', name: 'A', role: 'agent', permissions: ['*'] },
    ],
  ] as const)('S-135 %s is answered 400 with a pointer to it', async ([, body]) => {
    const answer = await admin.post('/users', body);
    expect(answer).toMatchObject(problem(400, 'validation_failed'));
    expect(answer.body.details[0]).toEqual({
      pointer: expect.any(String),
      message: expect.any(String),
    });
  });
});

describe('a personal token', () => {
  test('is shown once, kept as a hash, and stops at the next request after its revocation', async () => {
    const created = await admin.post('/tokens', { name: 'laptop', expiresInDays: 1 });
    expect(created.status).toBe(201);
    expect(created.body.token).toMatch(/^tgu_[A-Za-z0-9]{48}$/);
    const own = apiAs(stack.gateway.url, created.body.token);
    expect((await own.get('/me')).status).toBe(200);
    const { rows } = await stack.database.admin.query('select * from personal_tokens');
    expect(JSON.stringify(rows)).not.toContain(created.body.token.slice(12));
    const { id, prefix } = created.body.data;
    expect(prefix).toBe(created.body.token.slice(0, 12));
    const listed = (await admin.get('/tokens')).body.data;
    expect(listed).toEqual(expect.arrayContaining([expect.objectContaining({ id, prefix })]));
    expect(JSON.stringify(listed)).not.toContain(created.body.token);
    expect((await admin.delete(`/tokens/${id}`)).status).toBe(204);
    expect((await own.get('/me')).status).toBe(401);
  });

  test('its last use is noted', async () => {
    const user = await stack.factory.user(tenant);
    await apiAs(stack.gateway.url, user.token).get('/me');
    const all = (await admin.get('/tokens?all=true')).body.data as Record<string, unknown>[];
    expect(all.find((token) => token['userId'] === user.id)?.['lastUsedAt']).not.toBeNull();
  });

  test("one of another tenant's users cannot be seen or revoked", async () => {
    const foreign = await callerWith({ role: 'owner' }, await stack.factory.tenant());
    const { body } = await admin.post('/tokens', { name: 'mine' });
    expect(await foreign.delete(`/tokens/${body.data.id}`)).toMatchObject(
      problem(404, 'not_found'),
    );
    expect((await foreign.get('/tokens?all=true')).body.data).toHaveLength(1);
  });
});

describe('the operator', () => {
  const operator = () => apiAs(stack.gateway.url, operatorToken);

  test('makes a tenant whose owner can begin at once', async () => {
    const body = { name: 'Acme', owner: { email: 'boss@acme.test', name: 'Boss' } };
    const created = await operator().post('/tenants', body);
    expect(created.status).toBe(201);
    expect(created.body.data).toMatchObject({ name: 'Acme', inboundEnabled: false });
    const me = await apiAs(stack.gateway.url, created.body.token).get('/me');
    expect(me.body.data).toMatchObject({
      tenant: { id: created.body.data.id },
      user: { role: 'owner' },
    });
    const { id } = created.body.data;
    const changed = await operator().patch(`/tenants/${id}`, { inboundEnabled: true });
    expect(changed.body.data).toMatchObject({ name: 'Acme', inboundEnabled: true });
    expect((await operator().get(`/tenants/${id}`)).body).toEqual(changed.body);
    const list = await operator().get('/tenants?limit=1');
    expect(list.body).toMatchObject({ data: [{ id }], hasMore: true });
    const next = await operator().get(`/tenants?limit=1&cursor=${list.body.nextCursor}`);
    expect(next.body.data[0].id).not.toBe(id);
  });

  test('S-020 a repeated creation with one key makes one tenant and shows the same token', async () => {
    const body = { name: 'Once', owner: { email: 'a@once.test', name: 'A' } };
    const key = { 'idempotency-key': 'tenant-once' };
    const first = await operator().post('/tenants', body, key);
    const second = await operator().post('/tenants', body, key);
    expect(second.body).toEqual(first.body);
    expect(first.headers.get('idempotency-replayed')).toBeNull();
    expect(second.headers.get('idempotency-replayed')).toBe('true');
  });

  test('S-020 a repeated change with one key is made once, and its answer says so', async () => {
    const tenant = await stack.factory.tenant();
    const rename = (key: string, name: string) =>
      operator().patch(`/tenants/${tenant.id}`, { name }, { 'idempotency-key': key });
    const first = await rename('rename-1', 'First');
    await rename('rename-2', 'Second');
    const repeated = await rename('rename-1', 'First');
    expect(repeated.body).toEqual(first.body);
    expect(repeated.headers.get('idempotency-replayed')).toBe('true');
    const now = await operator().get(`/tenants/${tenant.id}`);
    expect(now.body.data.name).toBe('Second');
  });

  test("nobody else opens these routes: an owner's token is answered 401", async () => {
    expect((await owner.get('/tenants')).status).toBe(401);
    expect((await apiAs(stack.gateway.url, undefined).get('/tenants')).status).toBe(401);
  });
});

describe('the audit log', () => {
  test('S-123 holds what was done to users, tokens and tenants, and by whom', async () => {
    const own = await stack.factory.tenant();
    const user = await stack.factory.user(own, { role: 'owner' });
    const caller = apiAs(stack.gateway.url, user.token);
    const { body } = await caller.post('/users', {
      email: 'x@own.test',
      name: 'X',
      role: 'viewer',
    });
    await caller.patch(`/users/${body.data.id}`, { role: 'agent' });
    await caller.post('/tokens', { name: 'script' });
    const log = (await caller.get('/audit')).body.data as Record<string, unknown>[];
    expect(log.map((entry) => entry['action'])).toEqual([
      'token.created',
      'member.updated',
      'member.created',
    ]);
    for (const entry of log) expect(entry).toMatchObject({ actorType: 'user', actorId: user.id });
    const filtered = await caller.get(`/audit?action=member.created&resourceId=${body.data.id}`);
    expect(filtered.body.data).toHaveLength(1);
  });

  test('S-124 cannot be changed or cleared by the application', async () => {
    await expect(
      stack.factory.withTenant(tenant.id, (tx) => tx.query({ text: 'delete from audit_entries' })),
    ).rejects.toThrow(/permission denied/);
  });
});
