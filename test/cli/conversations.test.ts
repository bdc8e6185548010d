import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { apiAs, type ApiCaller } from '../support/api.ts';
import { automationKey } from '../support/automation.ts';
import { argv, makeCli, type Cli } from '../support/cli.ts';
import { testClaim } from '../support/conversations.ts';
import type { TestTenant, TestUser } from '../support/factory.ts';
import { startTestStack, type TestStack } from '../support/stack.ts';

let stack: TestStack;
let base: Cli;
let tenant: TestTenant;
let agent: TestUser;
let api: ApiCaller;
let cli: Cli;
let id: string;

beforeAll(async () => {
  stack = await startTestStack();
  base = makeCli({ TIDEGATE_URL: stack.gateway.url });
});
afterAll(async () => {
  await base.close();
  await stack.stop();
});
beforeEach(async () => {
  tenant = await stack.factory.tenant();
  agent = await stack.factory.user(tenant);
  api = apiAs(stack.gateway.url, agent.token);
  cli = base.as({ TIDEGATE_TOKEN: agent.token });
  const visitor = { email: 'ada@example.test', customAttributes: { plan: 'pro' } };
  ({ id } = (await api.post('/conversations/create', { visitor, channel: 'email' })).body);
  await api.post('/conversations/messages/receive', { conversationId: id, content: 'Hello?' });
});

describe('conversations list and show', () => {
  test('S-115 find a conversation by what it is and by its visitor', async () => {
    await api.post('/conversations/create', { visitor: {} });
    for (const filter of [
      argv`--channel email`,
      argv`--email ada@example.test`,
      argv`--attribute plan=pro --status open`,
    ]) {
      const { data } = await cli.json(argv`conversations list ${filter}`);
      expect(data, filter.join(' ')).toMatchObject([{ id, lastInboundMessagePreview: 'Hello?' }]);
    }
    const { stdout } = await cli.run(argv`conversations show ${id}`);
    expect(stdout).toMatch(/^status +open$/m);
    expect(stdout).toMatch(/^unread +1 by agents, 0 by the visitor$/m);
    expect((await cli.run(argv`conversations list --attribute plan`)).exitCode).toBe(2);
    const unknown = '01994d1c-5c5e-7b56-8f0e-6a1c1d2e3f40';
    expect((await cli.run(argv`conversations show ${unknown}`)).exitCode).toBe(4);
  });
});

describe('conversations send and messages', () => {
  const messages = async () => (await cli.json(argv`conversations messages ${id} --all`)).data;

  test('S-018 one --idempotency-key sends one message, and without one each is its own', async () => {
    const args = argv`conversations send ${id} --text ${'On its way.'} --idempotency-key a-17`;
    const first = await cli.json(args);
    expect(await cli.json(args)).toEqual(first);
    expect(await messages()).toMatchObject([
      { senderType: 'visitor', content: 'Hello?' },
      { id: first.id, senderType: 'agent', senderId: agent.id, content: 'On its way.' },
    ]);
    for (const stdin of ['again\n', 'again\n']) {
      await cli.json(argv`conversations send ${id}`, { stdin });
    }
    expect((await messages()).slice(2)).toMatchObject([{ content: 'again' }, { content: 'again' }]);
  });

  test('S-111 with an automation key speaks as its actor, under its claim', async () => {
    const key = await automationKey(stack, tenant);
    const bot = base.as({ TIDEGATE_TOKEN: key.secret });
    const args = argv`conversations send ${id} --text ${'Beep.'}`;
    const refused = await bot.run(args);
    expect(refused).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('claim_required'),
    });
    const claim = await testClaim(stack, tenant, { conversationId: id, credentialId: key.id });
    await bot.json([...args, '--claim', claim.id]);
    expect((await messages()).at(-1)).toMatchObject({ senderId: `automation:${key.actorName}` });
    expect(await cli.run(args)).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('claim_held'),
    });
  });
});

describe('conversations update', () => {
  test('S-115 closes, assigns and takes the assignee away', async () => {
    expect(await cli.json(argv`conversations update ${id} --assignee ${agent.id}`)).toMatchObject({
      assignedAgentId: agent.id,
      status: 'open',
    });
    expect(
      await cli.json(argv`conversations update ${id} --status closed --unassign`),
    ).toMatchObject({ assignedAgentId: null, status: 'closed', resolvedAt: expect.any(String) });
    expect((await cli.run(argv`conversations update ${id}`)).exitCode).toBe(2);
  });
});
