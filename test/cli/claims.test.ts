import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { automationKey } from '../support/automation.ts';
import { argv, makeCli, type Cli } from '../support/cli.ts';
import { testConversation } from '../support/conversations.ts';
import { startTestStack, type TestStack } from '../support/stack.ts';

let stack: TestStack;
let base: Cli;
let person: Cli;
let bot: Cli;
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
  const tenant = await stack.factory.tenant();
  person = base.as({ TIDEGATE_TOKEN: (await stack.factory.user(tenant)).token });
  bot = base.as({ TIDEGATE_TOKEN: (await automationKey(stack, tenant)).secret });
  ({ id } = await testConversation(stack, tenant));
});

const shown = () => person.json(argv`conversations show ${id}`);

describe('claims', () => {
  test('S-110 S-112 are made, renewed and released with a key', async () => {
    const made = await bot.json(argv`claims claim ${id}`);
    expect(made).toMatchObject({ renewed: false, fence: 1 });
    expect(await bot.json(argv`claims claim ${id}`)).toMatchObject({
      claimId: made.claimId,
      renewed: true,
    });
    expect((await bot.run(argv`claims release ${id} --claim ${made.claimId}`)).exitCode).toBe(0);
    expect((await shown()).claim).toBeNull();
    // A conflict, not a fault of the command.
    expect((await bot.run(argv`claims release ${id}`)).stderr).toContain('claim');
  });

  test('S-112 are escalated, with a reason', async () => {
    await bot.run(argv`claims claim ${id}`);
    await bot.run(argv`claims escalate ${id} --reason ${'Too hard'}`);
    expect(await shown()).toMatchObject({
      aiWorkflowState: 'handoff',
      aiHandoffReason: 'Too hard',
    });
  });

  test('S-113 are ended by a person, and claimed by none', async () => {
    await bot.run(argv`claims claim ${id}`);
    expect((await person.run(argv`claims claim ${id}`)).exitCode).not.toBe(0);
    expect(await person.json(argv`claims end ${id} --yes`)).toEqual({ success: true, ended: true });
    expect((await shown()).claim).toBeNull();
    expect(await person.json(argv`claims end ${id} --yes`)).toMatchObject({ ended: false });
  });
});
