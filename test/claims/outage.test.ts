import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import type { Gateway } from '../../apps/gateway/gateway.ts';
import { apiAs, type ApiCaller } from '../support/api.ts';
import { automationKey, type TestKey } from '../support/automation.ts';
import { claimsOf, openShortClaims, withoutWorker, type ShortClaims } from '../support/claims.ts';
import { testConversation } from '../support/conversations.ts';
import { eventually } from '../support/eventually.ts';
import { startFaultyLink, type FaultyLink } from '../support/faults/link.ts';
import type { TestTenant } from '../support/factory.ts';
import { startTestStack, type TestStack } from '../support/stack.ts';

/** Longer than the time that a claim may take to be granted, with the look after it. */
const answeredWithinMs = 15_000;

let stack: TestStack;
let env: Readonly<Record<string, string>>;
let short: ShortClaims;
let link: FaultyLink;
let tenant: TestTenant;
let credential: TestKey;
let conversationId: string;
let gateways: Gateway[];

beforeAll(async () => {
  stack = await startTestStack({ env: withoutWorker });
});
afterAll(() => stack.stop());
beforeEach(async () => {
  const taskQueue = `claims-${randomUUID()}`;
  env = { TIDEGATE_TASK_QUEUE: taskQueue, TIDEGATE_CLAIM_BUDGET_MS: '4000' };
  gateways = [];
  short = await openShortClaims(stack.factory, taskQueue);
  const [host = '', port] = inject('servers').temporalAddress.split(':');
  link = await startFaultyLink({ host, port: Number(port) });
  tenant = await stack.factory.tenant();
  credential = await automationKey(stack, tenant);
  conversationId = (await testConversation(stack, tenant)).id;
});
afterEach(async () => {
  link.heal();
  await Promise.all(gateways.map((gateway) => gateway.close()));
  await link.close();
  await short.close();
});

const claims = () => claimsOf(stack.database.admin, conversationId);
const as = ({ url }: Gateway, { secret }: TestKey = credential): ApiCaller => apiAs(url, secret);
const claim = (by: ApiCaller) => by.post('/conversations/claim', { conversationId });
const ended = () =>
  eventually(async () => {
    const { status } = await short.run(tenant, conversationId).describe();
    expect(status.name).toBe('COMPLETED');
  });

/** A gateway of the queue of the test: with its worker or not, straight to Temporal or over the link. */
async function gateway(
  options: { readonly isWorker?: boolean; readonly isLinked?: boolean } = {},
): Promise<Gateway> {
  const { isWorker = true, isLinked = false } = options;
  const started = await stack.startGateway({
    env: { ...env, ...(isWorker ? {} : withoutWorker) },
    ...(isLinked ? { temporalAddress: `127.0.0.1:${link.port}` } : {}),
  });
  gateways.push(started);
  return started;
}

/** A gateway that reaches Temporal over the link. */
async function linked(options: { readonly isWorker: boolean }): Promise<Gateway> {
  const started = await gateway({ ...options, isLinked: true });
  await eventually(async () => {
    const { checks } = (await (await fetch(`${started.url}/readyz`)).json()) as {
      readonly checks: Readonly<Record<string, string>>;
    };
    expect(checks['temporal']).toBe('ok');
  });
  return started;
}

async function expectUnavailable(by: ApiCaller): Promise<void> {
  const begunAt = performance.now();
  const answer = await claim(by);
  expect(answer).toMatchObject({ status: 503, body: { code: 'claims_unavailable' } });
  expect(answer.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
  expect(performance.now() - begunAt).toBeLessThan(answeredWithinMs);
}

describe('a claim that nobody grants', () => {
  test('S-110 without a worker is 503 in time, and made neither then nor when one comes', async () => {
    await expectUnavailable(as(await gateway({ isWorker: false })));
    expect(await claims()).toEqual([]);
    const worker = await gateway();
    await ended();
    expect(await claims()).toEqual([]);
    expect(await claim(as(worker))).toMatchObject({ status: 201, body: { fence: 1 } });
  });

  test('S-110 while Temporal was never reached is 503 at once', async () => {
    link.blackhole();
    await expectUnavailable(as(await gateway({ isLinked: true })));
    expect(await claims()).toEqual([]);
  });

  test('S-110 while Temporal is away is 503 in time, and claims that live go on', async () => {
    const here = await linked({ isWorker: true });
    expect(await claim(as(here))).toMatchObject({ status: 201 });
    link.blackhole();
    const second = (await testConversation(stack, tenant)).id;
    const elsewhere = { conversationId: second };
    expect(await as(here).post('/conversations/claim', elsewhere)).toMatchObject({
      status: 503,
      body: { code: 'claims_unavailable' },
    });
    expect(await claim(as(here))).toMatchObject({ status: 201, body: { renewed: true } });
    expect(await claim(as(here, await automationKey(stack, tenant)))).toMatchObject({
      status: 409,
      body: { code: 'claim_held' },
    });
    const said = { conversationId, content: 'Still here' };
    expect(await as(here).post('/conversations/messages/send', said)).toMatchObject({
      status: 201,
    });
    const released = await as(here).post('/conversations/release', { conversationId });
    expect(released.status).toBe(200);
    link.heal();
    await ended();
    expect(await claimsOf(stack.database.admin, second)).toEqual([]);
  });
});

test('S-110 a claim whose answer is lost is found in the row, by the request that made it', async () => {
  await gateway();
  const here = await linked({ isWorker: false });
  link.dropReplies();
  const answer = await claim(as(here));
  expect(answer).toMatchObject({ status: 201, body: { renewed: false, fence: 1 } });
  expect(await claims()).toMatchObject([{ id: answer.body.claimId, status: 'active' }]);
});
