import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { makeAutomationKey } from '../../shared/crypto/tokens.ts';
import { apiAs, type ApiAnswer, type ApiCaller } from '../support/api.ts';
import { automationKey, type TestKey } from '../support/automation.ts';
import { openEventStream } from '../support/event-stream.ts';
import { eventually } from '../support/eventually.ts';
import type { TestTenant } from '../support/factory.ts';
import { operatorToken, startTestStack, type TestStack } from '../support/stack.ts';

let stack: TestStack;
beforeAll(async () => {
  stack = await startTestStack();
});
afterAll(() => stack.stop());

let tenant: TestTenant;
beforeEach(async () => {
  tenant = await stack.factory.tenant();
});

const query = (text: string, values: readonly unknown[]) =>
  stack.database.admin.query(text, [...values]);

const as = (token: string | undefined): ApiCaller => apiAs(stack.gateway.url, token);

async function askWith(authorization: string | undefined): Promise<ApiAnswer> {
  const headers = authorization === undefined ? {} : { authorization };
  const response = await fetch(`${stack.gateway.url}/api/v1/events`, { headers });
  return { status: response.status, headers: response.headers, body: await response.json() };
}

async function countedRequests(): Promise<number> {
  const { rows } = await query(
    `select coalesce(sum(requests), 0)::integer as n from automation_rate_windows
     where tenant_id = $1`,
    [tenant.id],
  );
  return rows[0].n;
}

const setFlag = async (isOn: boolean): Promise<void> => {
  const operator = as(operatorToken);
  const path = `/tenants/${tenant.id}`;
  const changed = await operator.patch(path, { automationEnabled: isOn });
  expect(changed.status).toBe(200);
};

describe('who a request comes from', () => {
  test('S-104 a missing, a malformed and an unknown key are three different 401s', async () => {
    const { token: unknown } = makeAutomationKey();
    const forms: readonly (readonly [string | undefined, RegExp])[] = [
      [undefined, /missing or invalid/],
      ['Basic b3NrOg==', /missing or invalid/],
      ['Bearer', /missing or invalid/],
      ['Bearer one two', /missing or invalid/],
      ['Bearer osk_short', /form of an automation credential/],
      [`Bearer ${unknown}x`, /form of an automation credential/],
      [`Bearer OSK_${unknown.slice(4)}`, /neither the form/],
      ['Bearer nothing', /neither the form/],
      [`Bearer ${unknown}`, /key is not known/],
    ];
    for (const [authorization, message] of forms) {
      const answer = await askWith(authorization);
      expect(answer, authorization).toMatchObject({
        status: 401,
        body: { code: 'unauthenticated', message: expect.stringMatching(message) },
      });
      expect(answer.headers.get('www-authenticate')).toBe('Bearer');
      expect(answer.headers.get('ratelimit')).toBeNull();
    }
  });

  test('S-104 refusals come in their order: disabled, expired, tenant, scope, limit', async () => {
    const key = await automationKey(stack, tenant, ['visitors.read'], {
      expiresAt: new Date(Date.now() - 1_000),
    });
    const set = (assignments: string) =>
      query(`update automation_credentials set ${assignments} where id = $1`, [key.id]);
    const ask = async () => {
      const { status, body } = await as(key.secret).get('/events');
      return [status, body.code];
    };
    await set(`status = 'disabled'`);
    await setFlag(false);
    await useUp(key);
    expect(await ask()).toEqual([403, 'credential_disabled']);
    await set(`status = 'active'`);
    expect(await ask()).toEqual([403, 'credential_expired']);
    await set('expires_at = null');
    expect(await ask()).toEqual([403, 'automation_disabled']);
    await setFlag(true);
    expect(await ask()).toEqual([403, 'scope_missing']);
    await set(`scopes = array['events.read']`);
    expect(await ask()).toEqual([429, 'too_many_requests']);
    await query('delete from automation_rate_windows where tenant_id = $1', [tenant.id]);
    expect((await ask())[0]).toBe(200);
  });

  test('S-104 a missing scope is named, and a route without one says so', async () => {
    const key = as((await automationKey(stack, tenant, ['events.read'])).secret);
    const refusals = [
      [await key.post('/events', {}), 'This needs the scope events.write.'],
      [await key.get('/webhooks'), 'This needs the scope webhooks.manage.'],
      [await key.get('/visitors'), 'This needs the scope visitors.read.'],
      [await key.get('/audit'), 'No scope opens this route; it is for users.'],
      [await key.get('/me'), 'No scope opens this route; it is for users.'],
      [await key.get('/inbound-webhooks'), 'No scope opens this route; it is for users.'],
    ] as const;
    for (const [answer, message] of refusals) {
      expect(answer).toMatchObject({ status: 403, body: { code: 'scope_missing', message } });
    }
  });

  test('S-104 who may not do a thing does not learn what it would take, nor is it counted', async () => {
    const key = as((await automationKey(stack, tenant, ['visitors.read'])).secret);
    expect((await key.post('/visitors/create', { nonsense: true })).status).toBe(403);
    expect((await key.post('/webhooks/replay', { nonsense: true })).status).toBe(403);
    expect(await countedRequests()).toBe(0);
    // What gets so far is counted, also where nothing comes of it: by the key and by the tenant.
    expect((await key.get('/visitors/get')).status).toBe(400);
    expect((await key.get(`/visitors/get?id=${tenant.id}`)).status).toBe(404);
    expect(await countedRequests()).toBe(4);
  });

  test('S-102 a key is no user: what it does is its own in the audit log', async () => {
    const key = await automationKey(stack, tenant, ['events.write']);
    const type = { type: 'conversation.updated', resourceId: 'c-1', data: { status: 'closed' } };
    const { status, body } = await as(key.secret).post('/events', type);
    expect(status, JSON.stringify(body)).toBe(201);
    const { rows } = await query(
      'select actor_type, actor_id, action from audit_entries where tenant_id = $1 and actor_id = $2',
      [tenant.id, key.id],
    );
    expect(rows).toEqual([{ actor_type: 'api', actor_id: key.id, action: 'event.published' }]);
  });
});

describe('the switch of a tenant', () => {
  test('S-139 turns keys away at the next request, at every gateway, and keeps the history', async () => {
    const other = await stack.startGateway();
    const { secret } = await automationKey(stack, tenant, ['events.read', 'visitors.write']);
    const user = as((await stack.factory.user(tenant)).token);
    const key = as(secret);
    const { body: visitor } = await key.post('/visitors/create', { name: 'Ann' });
    const before = (await key.get('/events')).body.data;
    expect(before).toMatchObject([{ resourceId: visitor.id }]);

    await setFlag(false);
    for (const { url } of [stack.gateway, other]) {
      expect(await apiAs(url, secret).get('/events')).toMatchObject({
        status: 403,
        body: { code: 'automation_disabled' },
      });
    }
    // A user goes on; nothing more is recorded, and what was is still there.
    const changed = await user.post('/visitors/update', { visitorId: visitor.id, name: 'Anna' });
    expect(changed.status).toBe(200);
    expect((await user.get('/events')).body.data).toEqual(before);
    const published = { type: 'conversation.updated', resourceId: 'c', data: { status: 'open' } };
    expect((await user.post('/events', published)).body.code).toBe('automation_disabled');
    expect((await user.get('/credentials')).body.data).toMatchObject([{ status: 'active' }]);

    await setFlag(true);
    expect((await apiAs(other.url, secret).get('/events')).body.data).toEqual(before);
    await other.close();
  });

  test('S-139 S-103 ends a stream that a key has open', async () => {
    const { secret } = await automationKey(stack, tenant, ['events.read']);
    const stream = await openEventStream(stack.gateway.url, secret);
    // By the key and by the tenant, once for the connection.
    expect(await countedRequests()).toBe(2);
    await setFlag(false);
    await eventually(() => expect(stream.hasEnded()).toBe(true));
  });
});

async function useUp(key: TestKey): Promise<void> {
  await query(
    `insert into automation_rate_windows (tenant_id, subject_id, started_at, requests)
     values ($1, $2, now(), 60)`,
    [tenant.id, key.id],
  );
}
