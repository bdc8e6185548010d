import { execFile } from 'node:child_process';
import { createServer, request as forward, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { makeConfirm } from '../../apps/cli/confirm.ts';
import { leaveCliProfile } from '../../apps/dev/cli-profile.ts';
import { makeSecrets } from '../../apps/dev/secrets.ts';
import { makeCli, type Cli } from '../support/cli.ts';
import { ticketMapping, type TestTenant } from '../support/factory.ts';
import { operatorToken, startTestStack, type TestStack } from '../support/stack.ts';

let stack: TestStack;
let tenant: TestTenant;
let token: string;
let cli: Cli;
const servers: Server[] = [];

beforeAll(async () => {
  stack = await startTestStack();
  tenant = await stack.factory.tenant();
  token = (await stack.factory.user(tenant)).token;
  cli = makeCli({ TIDEGATE_URL: stack.gateway.url, TIDEGATE_TOKEN: token });
});
afterAll(async () => {
  await cli.close();
  await stack.stop();
});
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
});

/** What the client may get to see of an answer: all of it, nothing, or its beginning. */
type Exchange = (show: Record<'all' | 'nothing' | 'half', () => void>) => void;

/** A server in front of the gateway, with the idempotency keys of the requests that went through. */
async function proxy(
  exchange: Exchange,
): Promise<{ readonly url: string; readonly keys: unknown[] }> {
  const keys: unknown[] = [];
  const target = new URL(stack.gateway.url);
  const server = createServer((incoming, outgoing) => {
    keys.push(incoming.headers['idempotency-key']);
    const { method, url, headers } = incoming;
    const address = { host: target.hostname, port: target.port, path: url };
    const upstream = forward({ ...address, method, headers }, (answer) => {
      const cut = (): void => void incoming.socket.resetAndDestroy();
      const head = (): void => void outgoing.writeHead(answer.statusCode ?? 0, answer.headers);
      exchange({
        all() {
          head();
          answer.pipe(outgoing);
        },
        nothing: cut,
        half() {
          head();
          outgoing.write('{', cut);
        },
      });
    });
    incoming.pipe(upstream);
  }).listen(0, '127.0.0.1');
  servers.push(server);
  await new Promise((resolve) => server.once('listening', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, keys };
}

/** A server that always answers so, and what it was asked. */
async function answering(
  status: number,
  headers: Record<string, string> = {},
): Promise<{ readonly url: string; readonly asked: unknown[] }> {
  const asked: unknown[] = [];
  const server = createServer((incoming, response) => {
    asked.push(incoming.url);
    response.writeHead(status, headers).end('hello');
  });
  servers.push(server.listen(0, '127.0.0.1'));
  await new Promise((resolve) => server.once('listening', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

const newUser = (email: string): string[] => [
  'user',
  'create',
  '--email',
  email,
  '--role',
  'agent',
];

describe('a mutation', () => {
  test.for(['nothing', 'half'] as const)(
    'S-020 of whose answer %s arrives is repeated with its key, and has its effect once',
    async (part) => {
      let seen = 0;
      const { url, keys } = await proxy((show) => (++seen === 1 ? show[part]() : show.all()));
      const email = `${part}@cli.test`;
      const { data } = await cli.json(newUser(email), { env: { TIDEGATE_URL: url } });
      expect(data.email).toBe(email);
      expect(keys).toEqual([expect.stringMatching(/^[0-9a-f-]{36}$/), keys[0]]);
      const { data: users } = await cli.json(['user', 'list', '--all']);
      const made = (users as { email: string }[]).filter((user) => user.email === email);
      expect(made).toHaveLength(1);
    },
  );

  test('S-020 that is lost twice ends with 5', async () => {
    const { url, keys } = await proxy((show) => show.nothing());
    const result = await cli.run(newUser('twice@cli.test'), { env: { TIDEGATE_URL: url } });
    expect(result).toMatchObject({ exitCode: 5, stderr: expect.stringContaining('unreachable') });
    expect(keys).toHaveLength(2);
  });

  test('of another run has another key', async () => {
    const { url, keys } = await proxy((show) => show.all());
    for (const email of ['a@cli.test', 'b@cli.test']) {
      await cli.json(newUser(email), { env: { TIDEGATE_URL: url } });
    }
    expect(new Set(keys).size).toBe(2);
  });

  test('is repeated once after the time that an overloaded server names', async () => {
    const { url, asked } = await answering(503, { 'retry-after': '0' });
    const result = await cli.run(['whoami'], { env: { TIDEGATE_URL: url } });
    expect(result).toMatchObject({ exitCode: 5, stderr: expect.stringContaining('503') });
    expect(asked).toHaveLength(2);
  });
});

describe('the exit code', () => {
  test('is 0 for help and the version, 2 for what cannot be meant', async () => {
    expect((await cli.run(['--help'])).exitCode).toBe(0);
    expect((await cli.run(['hooks', 'create', '--help'])).exitCode).toBe(0);
    expect(await cli.run(['--version'])).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
    });
    for (const args of [[], ['hooks'], ['hoks'], ['hooks', 'show'], ['whoami', '--nothing']]) {
      expect((await cli.run(args)).exitCode).toBe(2);
    }
    expect((await cli.run(['hoks'])).stderr).toContain('Did you mean hooks?');
    const range = await cli.run(['user', 'list', '--limit', '1000']);
    expect(range).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('from 1 to 100') });
  });

  test('S-126 is 3 without a token, with a wrong one, and without the permission', async () => {
    const viewer = await stack.factory.user(tenant, { role: 'viewer' });
    expect((await cli.run(['whoami'], { env: { TIDEGATE_TOKEN: '' } })).exitCode).toBe(3);
    expect((await cli.run(['whoami', '--token', 'tgu_wrong'])).exitCode).toBe(3);
    const refused = await cli.run(['hooks', 'list', '--token', viewer.token]);
    expect(refused).toMatchObject({
      exitCode: 3,
      stderr: expect.stringContaining('inbound_webhook.read'),
    });
  });

  test('is 1 for what the server refuses, with the advice of the error catalogue', async () => {
    await cli.json(newUser('taken@cli.test'));
    const { exitCode, stderr } = await cli.run(newUser('taken@cli.test'));
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^tidegate: email_taken: /);
    expect(stderr).toMatch(/request id: \S+\n {2}next: Change that user/);
  });

  test('is 5 where no server is, and where something else answers', async () => {
    const nowhere = await cli.run(['whoami'], { env: { TIDEGATE_URL: 'http://127.0.0.1:9' } });
    expect(nowhere).toMatchObject({ exitCode: 5, stderr: expect.stringContaining('--url') });
    const other = await cli.run(['whoami'], { env: { TIDEGATE_URL: (await answering(502)).url } });
    expect(other).toMatchObject({
      exitCode: 5,
      stderr: expect.stringContaining('unexpected_answer'),
    });
  });

  test('is not 0 where an address points to another, and the token does not follow', async () => {
    const { url: elsewhere, keys: requests } = await proxy((show) => show.all());
    const { url } = await answering(308, { location: `${elsewhere}/api/v1/me` });
    const result = await cli.run(['whoami'], { env: { TIDEGATE_URL: url } });
    expect(result).toMatchObject({ exitCode: 1, stderr: expect.stringContaining(elsewhere) });
    expect(requests).toEqual([]);
  });
});

describe('the program that package.json names', () => {
  test('runs by itself', async () => {
    const program = path.resolve(packageJson.bin.tidegate);
    const env = { PATH: path.dirname(process.execPath) };
    const { stdout } = await promisify(execFile)(program, ['--version'], { env });
    expect(stdout).toBe(`${packageJson.version}\n`);
  });
});

describe('--json', () => {
  test('prints errors as one document on standard error, and nothing on standard output', async () => {
    const result = await cli.run(['user', 'update', 'no-such-user', '--name', 'X', '--json']);
    expect(result).toMatchObject({ exitCode: 4, stdout: '' });
    expect(JSON.parse(result.stderr)).toEqual({
      error: {
        code: 'not_found',
        message: expect.any(String),
        details: [],
        requestId: expect.any(String),
        next: expect.any(String),
        exitCode: 4,
      },
    });
    const usage = await cli.run(['user', 'update', '--json']);
    expect(JSON.parse(usage.stderr)).toMatchObject({ error: { code: 'usage', exitCode: 2 } });
  });
});

describe('an id', () => {
  const outcomes: readonly [string, number][] = [
    ['', 2],
    ['.', 2],
    ['..', 2],
    ['../../hooks', 4],
    ['a/b?c#d', 4],
  ];

  test.for(outcomes)('that looks like a path (%j) does not become one', async ([id, exitCode]) => {
    const result = await cli.run(['tenant', 'show', id, '--operator-token', operatorToken]);
    expect(result).toMatchObject({ exitCode, stdout: '' });
  });
});

describe('a local stack', () => {
  const dataDir = (): string => path.join(cli.dir, '.tidegate');

  test('is found without any setting, and its demo is sent to with its secret', async () => {
    const hook = await stack.factory.hook(tenant, {
      slug: 'alerts',
      handler: {
        handlerType: 'direct_action',
        handlerConfig: { action: 'createTicket', mapping: ticketMapping(tenant.desk) },
      },
    });
    const secrets = {
      ...makeSecrets(),
      demoToken: token,
      operatorToken,
      demoHookSecret: hook.secret,
    };
    mkdirSync(dataDir(), { recursive: true });
    const remove = leaveCliProfile(dataDir(), stack.gateway.url, secrets);
    const bare = cli.as({ TIDEGATE_URL: '', TIDEGATE_TOKEN: '' });
    expect(statSync(path.join(dataDir(), 'cli.json')).mode & 0o777).toBe(0o600);
    expect((await bare.json(['whoami'])).data.tenant.slug).toBe(tenant.slug);
    expect((await bare.run(['tenant', 'list'])).exitCode).toBe(0);
    const sent = await bare.json(['send', 'alerts', '--data', '{"title":"Disk full"}']);
    expect(sent.data).toMatchObject([{ status: 200 }]);
    await remove();
    expect((await bare.run(['whoami'])).exitCode).toBe(3);
  });

  test("lends its tokens to no other server, and its address to nobody's token", async () => {
    const secrets = { ...makeSecrets(), demoToken: token };
    mkdirSync(dataDir(), { recursive: true });
    const { url: mine, keys: requests } = await proxy((show) => show.all());
    const remove = leaveCliProfile(dataDir(), mine, secrets);
    const elsewhere = ['whoami', '--url', stack.gateway.url];
    expect((await cli.run(elsewhere, { env: { TIDEGATE_TOKEN: '' } })).exitCode).toBe(3);
    await cli.run(['whoami', '--token', 'tgu_mine'], {
      env: { TIDEGATE_URL: '', TIDEGATE_TOKEN: '' },
    });
    expect(requests).toEqual([]);
    await remove();
  });
});

describe('a question before something is taken away', () => {
  const ask = async (answer: string): Promise<string> => {
    const stdin = Object.assign(new PassThrough(), { isTTY: true });
    const stderr = new PassThrough();
    stdin.write(`${answer}\n`);
    const confirmed = makeConfirm({ stdin, stderr }, false)('The hook will be deleted.');
    const outcome = await confirmed.then(() => 'goes on', String);
    expect(String(stderr.read())).toContain('The hook will be deleted. Go on? [y/N]');
    return outcome;
  };

  test('is answered with y or yes, and anything else means no', async () => {
    expect(await ask('y')).toBe('goes on');
    expect(await ask('YES')).toBe('goes on');
    for (const answer of ['', 'n', 'yep', 'ja'])
      expect(await ask(answer)).toContain('Nothing was done');
  });
});
