import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { toWireId } from '../../shared/domain/ids.ts';
import { apiAs, type ApiCaller } from '../support/api.ts';
import { send, type TestHook, type TestTenant } from '../support/factory.ts';
import { startTestStack, type TestStack } from '../support/stack.ts';

/*
 * Goal: a gateway that has a hook in memory never answers by what it was. Method: send to a hook until
 * it is remembered, change it through the API, which may be another replica's, and send again at once.
 */
let stack: TestStack;
let tenant: TestTenant;
let api: ApiCaller;

beforeAll(async () => {
  stack = await startTestStack();
  tenant = await stack.factory.tenant();
  const replica = await stack.startGateway();
  api = apiAs(replica.url, (await stack.factory.user(tenant)).token);
});
afterAll(() => stack.stop());

async function rememberedHook(): Promise<TestHook> {
  const hook = await stack.factory.hook(tenant);
  for (let n = 0; n < 2; n += 1) expect((await post(hook)).status).toBe(200);
  return hook;
}

const post = (hook: TestHook, options: Parameters<typeof send>[3] = {}) =>
  send(stack.gateway.url, hook, { title: 'Remembered' }, options);

const wireIdOf = (hook: TestHook) => toWireId('hook', hook.id);

const change = (hook: TestHook, body: unknown) =>
  api.patch(`/inbound-webhooks/${wireIdOf(hook)}`, body);

describe('a hook that the gateway remembers', () => {
  test('S-013 takes its new secret at once after a rotation, and no more the old one', async () => {
    const hook = await rememberedHook();
    const { body } = await api.post(`/inbound-webhooks/${wireIdOf(hook)}/rotate-secret`, {});
    expect((await post(hook)).status).toBe(401);
    expect((await post({ ...hook, secret: body.secret })).status).toBe(200);
    expect((await post(hook)).status).toBe(401);
  });

  test('S-002 that is switched off answers 401 at once, and 200 when it is on again', async () => {
    const hook = await rememberedHook();
    expect((await change(hook, { isActive: false })).status).toBe(200);
    expect((await post(hook)).status).toBe(401);
    await change(hook, { isActive: true });
    expect((await post(hook)).status).toBe(200);
  });

  test('S-107 is limited by its new rate at once', async () => {
    const hook = await rememberedHook();
    await change(hook, { rateLimitPerMinute: 1 });
    expect((await post(hook)).status).toBe(200);
    expect((await post(hook)).status).toBe(429);
  });

  test('S-015 finds the key where its new settings say', async () => {
    const hook = await rememberedHook();
    await change(hook, { idempotencySource: { type: 'header', value: 'X-Other' } });
    const headers = { 'X-Other': 'same' };
    const first = await post(hook, { headers });
    expect((await post(hook, { headers })).body).toEqual({ ...first.body, duplicate: true });
  });

  test('S-041 gives its next body as the sample once that is asked for', async () => {
    const hook = await rememberedHook();
    await api.post(`/inbound-webhooks/${wireIdOf(hook)}/capture-sample`);
    await post(hook);
    const { body } = await api.get(`/inbound-webhooks/${wireIdOf(hook)}`);
    expect(body.data.samplePayload).toMatchObject({ body: { title: 'Remembered' } });
  });

  test('S-127 S-136 that is deleted answers 401 at once', async () => {
    const hook = await rememberedHook();
    expect((await api.delete(`/inbound-webhooks/${wireIdOf(hook)}`)).status).toBe(204);
    expect((await post(hook)).status).toBe(401);
  });
});
