import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { tryLockKey } from '../../shared/db/queries/idempotency-keys.ts';
import { apiAs, type ApiCaller } from '../support/api.ts';
import type { TestTenant, TestUser } from '../support/factory.ts';
import { startTestStack, type TestStack } from '../support/stack.ts';

let stack: TestStack;
let tenant: TestTenant;
let user: TestUser;
let api: ApiCaller;

beforeAll(async () => {
  stack = await startTestStack();
  tenant = await stack.factory.tenant();
  user = await stack.factory.user(tenant, { role: 'owner' });
  api = apiAs(stack.gateway.url, user.token);
});
afterAll(() => stack.stop());

const keyed = (key: string) => ({ 'idempotency-key': key });
const person = (name: string) => ({ email: `${name}@example.test`, name, role: 'viewer' });

describe('a mutation with an Idempotency-Key', () => {
  test('S-020 answers a repeat with the first answer and changes nothing more', async () => {
    const first = await api.post('/users', person('once'), keyed('k-1'));
    const second = await api.post('/users', person('once'), keyed('k-1'));
    expect(second.status).toBe(201);
    expect(second.body).toEqual(first.body);
    expect(first.headers.get('idempotency-replayed')).toBeNull();
    expect(second.headers.get('idempotency-replayed')).toBe('true');
  });

  test('S-020 shows a secret again to a repeat, and keeps it sealed meanwhile', async () => {
    const first = await api.post('/tokens', { name: 't' }, keyed('k-token'));
    const second = await api.post('/tokens', { name: 't' }, keyed('k-token'));
    expect(second.body.token).toBe(first.body.token);
    const { rows } = await stack.database.admin.query<{ sealed_response: Buffer }>(
      'select sealed_response from idempotency_keys where key = $1',
      ['k-token'],
    );
    expect(rows[0]?.sealed_response.includes(first.body.token)).toBe(false);
  });

  test('S-019 refuses the key with another body, 422', async () => {
    await api.post('/users', person('two'), keyed('k-2'));
    const answer = await api.post('/users', person('three'), keyed('k-2'));
    expect(answer).toMatchObject({ status: 422, body: { code: 'idempotency_mismatch' } });
  });

  test('S-019 refuses a repeat while the first request runs, 409 with Retry-After', async () => {
    await stack.factory.withTenant(tenant.id, async (tx) => {
      // What the first request holds for as long as it runs.
      await tryLockKey(tx, { callerId: user.id, key: 'k-3' });
      const answer = await api.post('/users', person('slow'), keyed('k-3'));
      expect(answer).toMatchObject({ status: 409, body: { code: 'idempotency_in_progress' } });
      expect(answer.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
    });
  });

  test('S-019 takes over at once from a request that died', async () => {
    await expect(
      stack.factory.withTenant(tenant.id, async (tx) => {
        await tryLockKey(tx, { callerId: user.id, key: 'k-4' });
        throw new Error('the process died');
      }),
    ).rejects.toThrow('the process died');
    expect((await api.post('/users', person('heir'), keyed('k-4'))).status).toBe(201);
  });

  test('S-017 50 concurrent requests with one key make one resource', async () => {
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => api.post('/users', person('storm'), keyed('k-5'))),
    );
    const made = answers.filter(({ status }) => status === 201);
    for (const { status } of answers) expect([201, 409]).toContain(status);
    expect(new Set(made.map(({ body }) => body.data.id)).size).toBe(1);
    const { rows } = await stack.database.admin.query(
      `select 1 from users where email = 'storm@example.test'`,
    );
    expect(rows).toHaveLength(1);
  });

  test('does not keep a refusal: the corrected request may use the key', async () => {
    const refused = await api.post('/users', { ...person('typo'), role: 'none' }, keyed('k-6'));
    expect(refused.status).toBe(400);
    expect((await api.post('/users', person('typo'), keyed('k-6'))).status).toBe(201);
  });

  test("is one caller's own: another user's equal key is another request", async () => {
    const other = apiAs(stack.gateway.url, (await stack.factory.user(tenant)).token);
    await api.post('/users', person('mine'), keyed('k-7'));
    expect((await other.post('/users', person('theirs'), keyed('k-7'))).status).toBe(201);
  });

  test.for(['', 'x'.repeat(256), 'with blank'])('S-019 a key %j is answered 400', async (key) => {
    const answer = await api.post('/users', person('bad-key'), keyed(key));
    expect(answer).toMatchObject({ status: 400, body: { code: 'idempotency_key_invalid' } });
  });

  test('S-019 an answer is forgotten after its 24 hours', async () => {
    await api.post('/users', person('old'), keyed('k-8'));
    await stack.database.admin.query(
      `update idempotency_keys set expires_at = now() - interval '1 second' where key = 'k-8'`,
    );
    const answer = await api.post('/users', person('old'), keyed('k-8'));
    expect(answer).toMatchObject({ status: 409, body: { code: 'email_taken' } });
  });
});
