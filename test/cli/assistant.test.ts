import { afterAll, beforeAll, expect, test } from 'vitest';
import { apiAs } from '../support/api.ts';
import { ask, endOf } from '../support/assistant.ts';
import { argv, makeCli, type Cli } from '../support/cli.ts';
import { testConversation } from '../support/conversations.ts';
import { startTestStack, type TestStack } from '../support/stack.ts';

let stack: TestStack;
let base: Cli;

beforeAll(async () => {
  stack = await startTestStack();
  base = makeCli({ TIDEGATE_URL: stack.gateway.url });
});
afterAll(async () => {
  await base.close();
  await stack.stop();
});

test('S-113 the assistant is switched, and its traces are read, on the command line', async () => {
  const tenant = await stack.factory.tenant();
  const { token } = await stack.factory.user(tenant);
  const cli = base.as({ TIDEGATE_TOKEN: token });
  const { stdout } = await cli.run(argv`assistant show`);
  expect(stdout).toMatch(/^enabled +off$/m);
  const changed = await cli.json(argv`assistant update --enabled on --minimum-confidence 0.8`);
  expect(changed).toMatchObject({ enabled: true, minimumConfidence: 0.8 });
  expect((await cli.run(argv`assistant update`)).exitCode).toBe(2);
  const wrong = await cli.run(argv`assistant update --minimum-confidence much`);
  expect(wrong).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining('validation_failed'),
  });

  const api = apiAs(stack.gateway.url, token);
  const { id } = await testConversation(stack, tenant);
  await endOf(api, id, await ask(api, id, 'Anyone?'));
  const runs = await cli.json(argv`assistant runs --conversation ${id} --status handed_off`);
  expect(runs.data).toMatchObject([{ conversationId: id, reason: 'nothing_found' }]);
  const table = await cli.run(argv`assistant runs --status handed_off`);
  expect(table.stdout).toContain('The assistant found no article about it.');
  expect((await cli.json(argv`assistant runs --status answered`)).data).toEqual([]);
});
