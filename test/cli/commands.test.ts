import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { argv, makeCli, type Cli } from '../support/cli.ts';
import type { TestTenant } from '../support/factory.ts';
import { operatorToken, startTestStack, type TestStack } from '../support/stack.ts';

const extensions = fileURLToPath(new URL('../../examples/extensions', import.meta.url));

let stack: TestStack;
let tenant: TestTenant;
let cli: Cli;
/** As an administrator of the tenant. */
let admin: Cli;

beforeAll(async () => {
  stack = await startTestStack({ env: { TIDEGATE_EXTENSIONS: extensions } });
  tenant = await stack.factory.tenant();
  cli = makeCli({ TIDEGATE_URL: stack.gateway.url });
  admin = cli.as({ TIDEGATE_TOKEN: (await stack.factory.user(tenant, { role: 'owner' })).token });
});
afterAll(async () => {
  await cli.close();
  await stack.stop();
});

const ids = (rows: readonly { readonly id: string }[]): string[] => rows.map(({ id }) => id);

describe('whoami', () => {
  test('tells who the token belongs to, as text and as the document of the API', async () => {
    const { data } = await admin.json(['whoami']);
    expect(data).toMatchObject({ tenant: { slug: tenant.slug }, user: { role: 'owner' } });
    const { stdout } = await admin.run(['whoami']);
    expect(stdout).toMatch(new RegExp(`^server +${stack.gateway.url}$`, 'm'));
    expect(stdout).toMatch(/^role +owner$/m);
  });

  test('takes the server and the token as options, too', async () => {
    const { token } = await stack.factory.user(tenant, { role: 'viewer' });
    const bare = cli.as({ TIDEGATE_URL: '' });
    const { data } = await bare.json(['whoami', '--url', stack.gateway.url, '--token', token]);
    expect(data.user.role).toBe('viewer');
  });
});

describe('user', () => {
  test('S-125 is created, listed and changed', async () => {
    const email = 'ann@cli.test';
    const { data: made } = await admin.json(
      ['user', 'create', '--email', email, '--role', 'agent'].concat('--permissions', 'audit.read'),
    );
    expect(made).toMatchObject({ email, name: email, permissions: ['audit.read'] });
    const change = [
      '--name',
      'Ann',
      '--role',
      'viewer',
      '--permissions',
      'role',
      '--active',
      'off',
    ];
    const { data: changed } = await admin.json(['user', 'update', made.id, ...change]);
    const expected = { name: 'Ann', role: 'viewer', permissions: null, isActive: false };
    expect(changed).toMatchObject({ id: made.id, ...expected });
    expect(ids((await admin.json(['user', 'list', '--all'])).data)).toContain(made.id);
  });

  test('lists page by page, and joins the pages on request', async () => {
    const own = await stack.factory.tenant();
    const [first] = await Promise.all([1, 2, 3].map(() => stack.factory.user(own)));
    const caller = cli.as({ TIDEGATE_TOKEN: first?.token ?? '' });
    const page = await caller.json(['user', 'list', '--limit', '2']);
    expect(page).toMatchObject({ data: [{}, {}], hasMore: true });
    const next = await caller.json(['user', 'list', '--cursor', page.nextCursor]);
    expect(next).toMatchObject({ data: [{}], hasMore: false, nextCursor: null });
    const all = await caller.json(['user', 'list', '--all']);
    expect(ids(all.data)).toEqual([...ids(page.data), ...ids(next.data)]);
    const { stderr } = await caller.run(['user', 'list', '--limit', '2']);
    expect(stderr).toContain(`--cursor ${page.nextCursor}`);
  });

  test('prints a line with tabs for each row where no person reads', async () => {
    const { stdout } = await admin.run(['user', 'list', '--all']);
    const lines = stdout.trim().split('\n');
    for (const line of lines) expect(line.split('\t')).toHaveLength(5);
    expect(lines).toHaveLength((await admin.json(['user', 'list', '--all'])).data.length);
  });
});

describe('token', () => {
  test('is created with a line that says it is shown once, used, listed and revoked', async () => {
    const args = ['token', 'create', '--name', 'laptop', '--expires-in-days', '1'];
    const { stdout, stderr } = await admin.run(args);
    expect(stderr).toContain('shown this once');
    const token = /^token +(tgu_\w{48})$/m.exec(stdout)?.[1] ?? '';
    const own = cli.as({ TIDEGATE_TOKEN: token });
    expect((await own.run(['whoami'])).exitCode).toBe(0);
    const listed = (await own.json(['token', 'list'])).data as { id: string; name: string }[];
    const id = listed.find(({ name }) => name === 'laptop')?.id ?? '';
    expect(await admin.json(['token', 'revoke', id, '--yes'])).toEqual({
      data: { id, done: 'revoked' },
    });
    expect((await own.run(['whoami'])).exitCode).toBe(3);
  });

  test('of another user is made and listed by who manages members', async () => {
    const user = await stack.factory.user(tenant, { role: 'viewer' });
    const made = await admin.json(['token', 'create', '--name', 'theirs', '--user', user.id]);
    const { data } = await cli.as({ TIDEGATE_TOKEN: made.token }).json(['whoami']);
    expect(data.user.id).toBe(user.id);
    expect(ids((await admin.json(['token', 'list', '--everyone'])).data)).toContain(made.data.id);
  });
});

describe('tenant', () => {
  test('is created with its owner, listed, shown and changed by the operator', async () => {
    const operator = cli.as({ TIDEGATE_OPERATOR_TOKEN: operatorToken });
    const owner = ['--owner-email', 'boss@acme.test', '--owner-name', 'Boss'];
    const made = await operator.json(['tenant', 'create', '--name', 'Acme', ...owner]);
    expect(made).toMatchObject({ data: { inboundEnabled: false }, owner: { name: 'Boss' } });
    const me = await cli.as({ TIDEGATE_TOKEN: made.token }).json(['whoami']);
    expect(me.data).toMatchObject({ tenant: { id: made.data.id }, user: { role: 'owner' } });
    const change = ['--name', 'Acme 2', '--inbound', 'on'];
    const changed = await operator.json(['tenant', 'update', made.data.id, ...change]);
    expect(changed.data).toMatchObject({ name: 'Acme 2', inboundEnabled: true });
    expect(await operator.json(['tenant', 'show', made.data.id])).toEqual(changed);
    expect(ids((await operator.json(['tenant', 'list', '--all'])).data)).toContain(made.data.id);
  });

  test("is not opened by a user's token", async () => {
    const { exitCode, stderr } = await admin.run(['tenant', 'list']);
    expect(exitCode).toBe(3);
    expect(stderr).toContain('TIDEGATE_OPERATOR_TOKEN');
  });
});

describe('the catalogue', () => {
  test('S-022 lists the actions, and the fields of one', async () => {
    const { data } = await admin.json(['actions']);
    expect(data).toContainEqual(expect.objectContaining({ name: 'createTicket' }));
    const { stdout } = await admin.run(['actions', 'createTicket']);
    expect(stdout).toMatch(/^title\tstring\tyes/m);
    expect((await admin.run(['actions', 'nothing'])).exitCode).toBe(4);
  });

  test('lists the senders it knows, and how to set one up', async () => {
    const { data } = await admin.json(['verifiers']);
    expect(ids(data)).toEqual(expect.arrayContaining(['github', 'stripe', 'slack']));
    const { stdout } = await admin.run(['verifiers', 'stripe']);
    expect(stdout).toContain('--preset stripe');
    expect(stdout).toContain('1. ');
    expect((await admin.run(['verifiers', 'nobody'])).exitCode).toBe(4);
  });

  test('S-038 publishes a workflow to the hooks of the tenant, and takes it back', async () => {
    const id = 'refund-approval';
    const published = async () => ids((await admin.json(['workflows', 'list'])).data);
    expect(ids((await admin.json(['workflows', 'list', '--all'])).data)).toContain(id);
    expect(await published()).not.toContain(id);
    const answer = await admin.json(['workflows', 'publish', id]);
    expect(answer.data).toMatchObject({ id, isPublished: true });
    expect(await published()).toContain(id);
    const hook = argv`hooks create --name Refunds --auth bearer --workflow ${id}`;
    expect((await admin.json(hook)).data).toMatchObject({ handlerConfig: { workflowId: id } });
    await admin.json(['workflows', 'unpublish', id, '--yes']);
    expect(await published()).not.toContain(id);
  });

  test('S-038 ends with 4 for a workflow that there is not', async () => {
    expect((await admin.run(['workflows', 'publish', 'nothing'])).exitCode).toBe(4);
    expect((await admin.run(['workflows', 'unpublish', 'nothing', '--yes'])).exitCode).toBe(4);
  });
});

describe('audit', () => {
  test('S-123 lists who did what, filtered', async () => {
    const email = 'audited@cli.test';
    const { data } = await admin.json(['user', 'create', '--email', email, '--role', 'viewer']);
    const page = await admin.json(['audit', '--action', 'member.created', '--resource', data.id]);
    expect(page.data).toMatchObject([{ action: 'member.created', resourceId: data.id }]);
    const none = await admin.json(['audit', '--until', '2020-01-01T00:00:00Z']);
    expect(none.data).toEqual([]);
  });
});
