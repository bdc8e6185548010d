import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { apiAs, type ApiCaller } from '../support/api.ts';
import { automationKey } from '../support/automation.ts';
import { startTestStack, type TestStack } from '../support/stack.ts';
import type { TestTenant } from '../support/factory.ts';

let stack: TestStack;
let tenant: TestTenant;
let user: ApiCaller;
let key: ApiCaller;

beforeAll(async () => {
  stack = await startTestStack();
  tenant = await stack.factory.tenant();
  user = apiAs(stack.gateway.url, (await stack.factory.user(tenant)).token);
  key = apiAs(
    stack.gateway.url,
    (await automationKey(stack, tenant, ['visitors.read', 'visitors.write'])).secret,
  );
});
afterAll(() => stack.stop());

describe('visitors', () => {
  test('S-116 are made and changed by a credential and by a user alike', async () => {
    const made = await key.post('/visitors/create', {
      email: 'ann@example.test',
      customAttributes: { plan: 'pro', seats: 5 },
    });
    expect(made).toMatchObject({ status: 201, body: { id: expect.any(String) } });
    const { id } = made.body;
    expect(await user.post('/visitors/update', { visitorId: id, name: 'Ann' })).toMatchObject({
      status: 200,
      body: { id },
    });
    const { body: visitor } = await key.get(`/visitors/get?id=${id}`);
    expect(visitor).toMatchObject({
      id,
      workspaceId: tenant.id,
      email: 'ann@example.test',
      name: 'Ann',
      customAttributes: { plan: 'pro', seats: 5 },
      identityVerified: false,
    });
    expect(Date.parse(visitor.lastSeenAt)).toBeGreaterThanOrEqual(Date.parse(visitor.firstSeenAt));
  });

  test('S-116 are found by address, external id and custom attribute', async () => {
    const externalUserId = randomUUID();
    const { body: made } = await key.post('/visitors/create', {
      email: 'Find.Me@example.test',
      externalUserId,
      customAttributes: { tier: 7 },
    });
    for (const query of [
      'email=find.me@example.test',
      `externalUserId=${externalUserId}`,
      'customAttribute.key=tier&customAttribute.value=7',
    ]) {
      const { body } = await key.get(`/visitors?${query}`);
      expect(body.data, query).toMatchObject([{ id: made.id }]);
    }
    expect(await key.get('/visitors?customAttribute.key=tier')).toMatchObject({
      status: 400,
      body: { code: 'validation_failed' },
    });
  });

  test('S-093 S-122 tell of their id alone, and are audited as the credential’s', async () => {
    const { body: made } = await key.post('/visitors/create', { email: 'quiet@example.test' });
    await key.post('/visitors/update', { visitorId: made.id, name: 'Quiet' });
    const { rows: events } = await stack.database.admin.query(
      `select type, data from events where object_id = $1 order by id`,
      [made.id],
    );
    expect(events).toEqual([
      { type: 'visitor.created', data: { visitorId: made.id } },
      { type: 'visitor.updated', data: { visitorId: made.id } },
    ]);
    const { rows: entries } = await stack.database.admin.query(
      `select actor_type, action, resource_type from audit_entries
       where resource_id = $1 order by id`,
      [made.id],
    );
    expect(entries).toEqual([
      { actor_type: 'api', action: 'automation.visitor.created', resource_type: 'visitor' },
      { actor_type: 'api', action: 'automation.visitor.updated', resource_type: 'visitor' },
    ]);
  });

  test('S-117 of another tenant are not there', async () => {
    const other = await stack.factory.tenant();
    const stranger = apiAs(
      stack.gateway.url,
      (await automationKey(stack, other, ['visitors.read', 'visitors.write'])).secret,
    );
    const { body: made } = await key.post('/visitors/create', { name: 'Mine' });
    expect(await stranger.get(`/visitors/get?id=${made.id}`)).toMatchObject({ status: 404 });
    expect(
      await stranger.post('/visitors/update', { visitorId: made.id, name: 'Theirs' }),
    ).toMatchObject({ status: 404, body: { code: 'not_found' } });
    expect(await key.get(`/visitors/get?id=${made.id}`)).toMatchObject({ body: { name: 'Mine' } });
  });
});
