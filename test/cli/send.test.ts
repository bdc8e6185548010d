import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { findPreset } from '../../shared/presets/index.ts';
import type { Cli } from '../support/cli.ts';
import { startHookCli, type HookCli } from '../support/hook-cli.ts';
import { keysFor } from '../support/preset-harness.ts';

let rig: HookCli;
let cli: Cli;
/** The slug of a hook that each test has to itself. */
let slug: string;

beforeAll(async () => {
  rig = await startHookCli();
  ({ cli } = rig);
});
afterAll(() => rig.close());
beforeEach(() => {
  slug = rig.nextSlug();
});

const create = (...options: string[]) => rig.create(slug, options);
const alert = '{"title": "Disk full"}';

const secret = 'a secret of some length';

/** One sender of each way to prove a request. */
const senders = [
  'github',
  'stripe',
  'slack',
  'shopify',
  'standard-webhooks',
  'standard-webhooks-ed25519',
  'sendgrid',
  'hubspot-v2',
  'hubspot-v3',
  'square',
  'zendesk',
  'livekit',
  'gitlab',
  'postmark',
  'mollie',
  'microsoft-graph',
  'tidegate',
];

describe('a request sent as a sender of a preset would', () => {
  test.for(senders)('S-008 %s is accepted by a hook of that preset', async (id) => {
    const preset = findPreset(id);
    if (preset === undefined) throw new Error(`there is no preset ${id}`);
    const { own, other } = keysFor(preset);
    const { data } = await create('--preset', id, '--secret', own.stored);
    const send = (key: string, ...target: string[]) =>
      cli.run(['send', ...target, '--secret', key, '--data', alert]);
    const sent = await send(own.signing, data.url, '--preset', id);
    expect(sent).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^200 {2}.*ind_/) });
    expect((await send(other.signing, slug)).exitCode).toBe(3);
  });
});

describe('a request sent to a hook of a short form', () => {
  test('S-008 S-009 S-010 is proven as the hook wants it', async () => {
    const forms = [['hmac_sha256', '--signature-header', 'X-Sig'], ['bearer'], ['path_token']];
    for (const form of forms) {
      slug = `form-${form[0]?.replace('_', '-')}`;
      await create('--auth', ...form, '--secret', secret);
      const { data } = await cli.json(['send', slug, '--data', alert, '--secret', secret]);
      expect(data).toMatchObject([{ status: 200, body: { delivery_id: expect.any(String) } }]);
    }
    slug = 'form-address';
    await create('--auth', 'ip_allowlist', '--ip-cidr', '127.0.0.0/8', '--ip-cidr', '::1');
    expect((await cli.run(['send', slug, '--data', alert])).exitCode).toBe(0);
  });
});

describe('send', () => {
  test('S-016 with a key and --repeat shows the first and its duplicates', async () => {
    await create('--preset', 'github', '--key-header', 'X-GitHub-Delivery', '--secret', secret);
    const args = [
      'send',
      slug,
      '--secret',
      secret,
      '--data',
      alert,
      '--key',
      'k-1',
      '--repeat',
      '3',
    ];
    const { data } = await cli.json(args);
    const [first, ...rest] = data as { status: number; body: Record<string, unknown> }[];
    expect(first?.body).toEqual({ delivery_id: expect.any(String) });
    for (const { status, body } of rest) {
      expect({ status, body }).toEqual({ status: 200, body: { ...first?.body, duplicate: true } });
    }
    expect(rest).toHaveLength(2);
  });

  test('S-016 signs a key that is the id of the message', async () => {
    const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
    await create('--preset', 'svix', '--key-header', 'svix-id', '--secret', secret);
    const args = ['send', slug, '--secret', secret, '--data', alert, '--key', 'msg_7'];
    await cli.json(args);
    const { data } = await cli.json(['deliveries', 'list', slug]);
    expect(data).toMatchObject([{ authStatus: 'verified', idempotencyKey: 'msg_7' }]);
  });

  test('says where the key comes from when that is the body', async () => {
    await create('--auth', 'bearer', '--key-expression', 'ref');
    const result = await cli.run([
      'send',
      slug,
      '--secret',
      'x'.repeat(16),
      '--data',
      '{}',
      '--key',
      'k',
    ]);
    expect(result).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('body: ref') });
  });

  test('sends files and standard input byte for byte, with headers and another method', async () => {
    await create('--preset', 'github', '--secret', secret);
    const body = '{"title":"Grüße",\r\n"n": 1}\n';
    const more = ['--header', 'X-Kind: a: b', '--method', 'PUT', '--secret', secret];
    await cli.json(['send', slug, ...more, '--file', cli.file('body.json', body)]);
    await cli.json(['send', slug, ...more], { stdin: body });
    const { data } = await cli.json(['deliveries', 'list', slug]);
    for (const { id } of data as { id: string }[]) {
      const shown = await cli.json(['deliveries', 'show', slug, id]);
      expect(shown.data).toMatchObject({ method: 'PUT', body: { text: body } });
      expect(shown.data.headers).toMatchObject({ 'x-kind': 'a: b' });
    }
    expect(data).toHaveLength(2);
  });

  test('S-001 asks for the acceptance alone with --prefer', async () => {
    await create('--preset', 'github', '--secret', secret);
    const bad = ['send', slug, '--secret', secret, '--data', '{}'];
    const told = await cli.run(bad);
    expect(told).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('mapping_failed') });
    expect((await cli.run([...bad, '--prefer', 'respond-async'])).exitCode).toBe(0);
  });

  test('prints a curl command that works, whatever the body holds', async () => {
    await create('--preset', 'stripe', '--secret', secret);
    const bodies = [`{"title":"It's $HOME \`x\` @file"}`, Buffer.from([0, 255, 39, 10])];
    const statuses: string[] = [];
    for (const body of bodies) {
      const file = cli.file('body.bin', body);
      const printed = await cli.run(['send', slug, '--secret', secret, '--file', file, '--print']);
      expect(printed).toMatchObject({ exitCode: 0, stderr: '' });
      const command = printed.stdout.replace('curl -sS', `curl -sS -o /dev/null -w '%{http_code}'`);
      const { stdout } = await promisify(execFile)('sh', ['-c', command]);
      statuses.push(stdout);
    }
    // The second is proven, too: what it is not is JSON.
    expect(statuses).toEqual(['200', '400']);
    const { data } = await cli.json(['deliveries', 'list', slug]);
    expect(data).toMatchObject([{ authStatus: 'verified' }, { authStatus: 'verified' }]);
  });

  test('to an address alone sends the request as it is, and says so', async () => {
    const seen: unknown[] = [];
    const server = createServer((request, response) => {
      seen.push({ url: request.url, signature: request.headers['x-signature'] });
      response.writeHead(204).end();
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    const url = `http://127.0.0.1:${port}/in?a=%20b`;
    const result = await cli.run(['send', url, '--data', '{}'], { env: { TIDEGATE_TOKEN: '' } });
    server.close();
    expect(result).toMatchObject({
      exitCode: 0,
      stderr: expect.stringContaining('without a proof'),
    });
    expect(seen).toEqual([{ url: '/in?a=%20b' }]);
  });

  test('S-002 tells that what is not let in is answered alike, and ends with 3', async () => {
    await create('--auth', 'bearer');
    const result = await cli.run(['send', slug, '--secret', 'x'.repeat(20), '--data', '{}']);
    expect(result).toMatchObject({
      exitCode: 3,
      stderr: expect.stringContaining('answered alike'),
    });
  });

  test('ends with 1 when the action refuses what came: the server is well', async () => {
    await create('--preset', 'github', '--secret', secret);
    const args = ['send', slug, '--secret', secret, '--data', '{"title":"Twice","ref":"the same"}'];
    expect((await cli.run(args)).exitCode).toBe(0);
    const again = await cli.run(args);
    expect(again).toMatchObject({ exitCode: 1, stdout: expect.stringMatching(/^500 /) });
    expect(again.stderr).toContain('dispatch_failed');
  });

  test('without a secret or a body ends with 2, and sends nothing', async () => {
    await create('--preset', 'github');
    expect((await cli.run(['send', slug, '--data', '{}'])).exitCode).toBe(2);
    const named = await cli.run(['send', slug, '--secret', 'x', '--file', 'no-such-file']);
    expect(named).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('ENOENT') });
    expect((await cli.json(['deliveries', 'list', slug])).data).toEqual([]);
  });
});
