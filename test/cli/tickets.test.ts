import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { argv, makeCli, type Cli } from '../support/cli.ts';
import type { TestTenant, TestUser } from '../support/factory.ts';
import { startTestStack, type TestStack } from '../support/stack.ts';

let stack: TestStack;
let tenant: TestTenant;
let person: TestUser;
let base: Cli;
let cli: Cli;

beforeAll(async () => {
  stack = await startTestStack();
  tenant = await stack.factory.tenant();
  person = await stack.factory.user(tenant);
  base = makeCli({ TIDEGATE_URL: stack.gateway.url });
  cli = base.as({ TIDEGATE_TOKEN: person.token });
});
afterAll(async () => {
  await base.close();
  await stack.stop();
});

const create = async (...more: string[]): Promise<string> => {
  const { id } = await cli.json(['tickets', 'create', '--subject', 'Printer on fire', ...more]);
  return id;
};

describe('tickets', () => {
  test('S-116 are opened, listed, shown and changed', async () => {
    const id = await create('--priority', 'high', '--description', 'Third floor');
    const other = await create();
    const { data } = await cli.json(argv`tickets list --priority high`);
    expect(data).toMatchObject([{ id, subject: 'Printer on fire', status: 'submitted' }]);

    await cli.json([
      ...argv`tickets update ${id} --status resolved --assignee ${person.id}`,
      '--summary',
      'Put out',
    ]);
    const shown = await cli.run(argv`tickets show ${id}`);
    expect(shown.stdout).toMatch(/^status +resolved$/m);
    expect(shown.stdout).toMatch(/^resolutionSummary +Put out$/m);
    expect(shown.stdout).toMatch(/^description +Third floor$/m);
    expect((await cli.json(argv`tickets list --assignee ${person.id}`)).data).toHaveLength(1);

    await cli.json(argv`tickets update ${id} --assignee none`);
    expect(await cli.json(argv`tickets show ${id}`)).toMatchObject({ assigneeId: null });
    const all = await cli.run(argv`tickets list --all`);
    expect(all.stdout.split('\n').map((line) => line.split('\t')[2])).toEqual([
      id,
      other,
      undefined,
    ]);
    const { updatedAt } = await cli.json(argv`tickets show ${id}`);
    expect((await cli.json(argv`tickets list --updated-since ${updatedAt}`)).data).toEqual([]);
  });

  test('S-116 are commented on, in an argument or from standard input', async () => {
    const id = await create();
    await cli.json([...argv`tickets comment ${id}`, 'We are on it']);
    await cli.json(argv`tickets comment ${id} --internal`, { stdin: 'Call the owner\n' });
    const { data } = await cli.json(argv`tickets comments ${id}`);
    expect(data).toMatchObject([
      { content: 'We are on it', isInternal: false, authorType: 'agent' },
      { content: 'Call the owner', isInternal: true },
    ]);
    const { stdout } = await cli.run(argv`tickets comments ${id}`);
    expect(stdout).toMatch(/\tagent\t\w+\tWe are on it$/m);
  });

  test('S-117 that are not there end with 4, and what the API refuses with 1', async () => {
    const missing = randomUUID();
    expect((await cli.run(argv`tickets show ${missing}`)).exitCode).toBe(4);
    expect((await cli.run([...argv`tickets comment ${missing}`, 'x'])).exitCode).toBe(4);
    const id = await create();
    const stranger = await cli.run(argv`tickets update ${id} --assignee ${missing}`);
    expect(stranger).toMatchObject({ exitCode: 4, stderr: expect.stringContaining('user') });
    expect((await cli.run([...argv`tickets comment ${id}`, ' '])).exitCode).toBe(1);
    for (const wrong of [
      argv`tickets update ${id}`,
      argv`tickets update ${id} --status done`,
      argv`tickets create`,
    ]) {
      expect((await cli.run(wrong)).exitCode, wrong.join(' ')).toBe(2);
    }
  });
});
