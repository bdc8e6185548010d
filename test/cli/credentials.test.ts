import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { scopes as allScopes } from '../../shared/domain/scopes.ts';
import { apiAs } from '../support/api.ts';
import { argv, makeCli, type Cli } from '../support/cli.ts';
import type { TestTenant } from '../support/factory.ts';
import { operatorToken, startTestStack, type TestStack } from '../support/stack.ts';

let stack: TestStack;
let host: Cli;
let tenant: TestTenant;
/** As an administrator of the tenant. */
let cli: Cli;

beforeAll(async () => {
  stack = await startTestStack();
  host = makeCli({ TIDEGATE_URL: stack.gateway.url });
});
afterAll(async () => {
  await host.close();
  await stack.stop();
});
beforeEach(async () => {
  tenant = await stack.factory.tenant();
  cli = host.as({ TIDEGATE_TOKEN: (await stack.factory.user(tenant)).token });
});

const create = (...options: string[]) =>
  cli.json([...argv`credentials create --name bot`, ...options]);

const statusOf = async (secret: string): Promise<number> =>
  (await apiAs(stack.gateway.url, secret).get('/visitors')).status;

describe('credentials create', () => {
  test('S-102 S-105 shows the secret once, with the scopes that are named', async () => {
    const { data, secret } = await create(
      ...argv`--actor Ada --scope visitors.read,claims.manage --scope events.read`,
    );
    expect(secret).toMatch(/^osk_[A-Za-z0-9]{48}$/);
    expect(data).toMatchObject({
      name: 'bot',
      actorName: 'Ada',
      scopes: ['visitors.read', 'events.read', 'claims.manage'],
      expiresAt: null,
    });
    expect(await statusOf(secret)).toBe(200);
    const { stdout } = await cli.run(argv`credentials show ${data.id}`);
    expect(stdout).toContain(secret.slice(0, 12));
    expect(stdout).not.toContain(secret);
    expect((await cli.run(['credentials', 'list'])).stdout).toContain(data.id);
  });

  test('S-105 gives every scope that reads, or every one', async () => {
    const readOnly = await create('--read-only', '--scope', 'claims.manage');
    const reads = allScopes.filter((scope) => scope.endsWith('.read'));
    expect(readOnly.data.scopes).toEqual([...reads, 'claims.manage']);
    const expires = new Date(Date.now() + 3_600_000).toISOString();
    const full = await create('--full-access', '--expires', expires);
    expect(full.data).toMatchObject({ scopes: allScopes, actorName: 'bot', expiresAt: expires });
  });

  test('S-105 ends with 2 for scopes that do not exist, naming each, and for none', async () => {
    const base = argv`credentials create --name bot`;
    const wrong = await cli.run([...base, '--scope', 'events.read,nothing,events.*']);
    expect(wrong.exitCode).toBe(2);
    expect(wrong.stderr).toContain('nothing, events.*');
    expect((await cli.run(base)).exitCode).toBe(2);
    expect((await cli.json(['credentials', 'list'])).data).toEqual([]);
  });
});

describe('credentials rotate, disable, enable and remove', () => {
  test('S-103 change what the secret is good for, and ask first', async () => {
    const { data, secret } = await create('--read-only');
    const refused = await cli.run(argv`credentials rotate ${data.id}`);
    expect(refused).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('--yes') });
    const rotated = await cli.json(argv`credentials rotate ${data.id} --yes`);
    expect([await statusOf(secret), await statusOf(rotated.secret)]).toEqual([401, 200]);
    const disabled = await cli.json(argv`credentials disable ${data.id} --yes`);
    expect(disabled.data.status).toBe('disabled');
    expect(await statusOf(rotated.secret)).toBe(403);
    expect((await cli.json(argv`credentials enable ${data.id}`)).data.status).toBe('active');
    expect(await statusOf(rotated.secret)).toBe(200);
    await cli.json(argv`credentials remove ${data.id} --yes`);
    expect(await statusOf(rotated.secret)).toBe(401);
    expect((await cli.run(argv`credentials show ${data.id}`)).exitCode).toBe(4);
  });
});

describe('tenant update', () => {
  test('S-139 S-088 switches automation, and who owns endpoints', async () => {
    const { secret } = await create('--read-only');
    const operator = host.as({ TIDEGATE_OPERATOR_TOKEN: operatorToken });
    const change = argv`--automation off --endpoint-ownership user`;
    const { data } = await operator.json([...argv`tenant update ${tenant.id}`, ...change]);
    expect(data).toMatchObject({ automationEnabled: false, endpointOwnership: 'user' });
    expect(await statusOf(secret)).toBe(403);
    const back = argv`tenant update ${tenant.id} --automation on --endpoint-ownership tenant`;
    expect((await operator.json(back)).data).toMatchObject({
      automationEnabled: true,
      endpointOwnership: 'tenant',
    });
    expect(await statusOf(secret)).toBe(200);
    const nonsense = argv`tenant update ${tenant.id} --endpoint-ownership nobody`;
    expect((await operator.run(nonsense)).exitCode).toBe(2);
  });
});
