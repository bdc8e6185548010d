import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { argv, type Cli } from '../support/cli.ts';
import { startHookCli, type HookCli } from '../support/hook-cli.ts';
import { hookBody } from '../support/hook-body.ts';

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

/** Makes the test's hook from options. */
const create = (...options: string[]) =>
  rig.create(slug, options.length > 0 ? options : ['--auth', 'hmac_sha256']);
const send = (secret: string, body: unknown, ...options: string[]) =>
  cli.json(['send', slug, '--secret', secret, '--data', JSON.stringify(body), ...options]);

describe('hooks create', () => {
  test('S-007 S-013 makes a hook from options and shows its secret once', async () => {
    const { stdout, stderr, exitCode } = await cli.run(
      argv`hooks create --name ${'Disk alerts'} --slug ${slug} --description Disks
        --auth hmac_sha256 --signature-header X-Sig
        --action createTicket --map title=alert.title --map client_id="c"
        --key-header X-Id --key-window 60 --response accepted --language strict
        --rate-limit 5 --body-limit 2048 --active off`,
    );
    expect(stderr).toContain('The secret is shown this once');
    expect(exitCode).toBe(0);
    const secret = /^secret \(default\) +(\S+)$/m.exec(stdout)?.[1] ?? '';
    expect(Buffer.from(secret, 'base64url')).toHaveLength(32);
    const { data } = await cli.json(['hooks', 'show', slug]);
    expect(data).toMatchObject({
      name: 'Disk alerts',
      description: 'Disks',
      authConfig: { signatureHeader: 'X-Sig' },
      idempotencySource: { type: 'header', value: 'X-Id' },
      idempotencyWindowSeconds: 60,
      handlerConfig: {
        action: 'createTicket',
        mapping: { title: 'alert.title', client_id: '"c"' },
      },
      responseMode: 'accepted',
      languageLevel: 'strict',
      rateLimitPerMinute: 5,
      bodyLimitBytes: 2_048,
      isActive: false,
    });
    expect((await cli.run(['hooks', 'show', slug])).stdout).not.toContain(secret);
  });

  test('S-007 takes settings from a file, over which options win, and a secret from standard input', async () => {
    const file = cli.file('hook.json', JSON.stringify(hookBody(rig.tenant, { slug: 'replaced' })));
    const answer = await cli.json(
      ['hooks', 'create', '--file', file, '--slug', slug, '--secret', '-'],
      { stdin: 'a secret of one´s own\n' },
    );
    expect(answer).toMatchObject({ data: { slug }, secret: 'a secret of one´s own' });
  });

  test('S-009 S-010 makes hooks of each short form, of a preset and of a verifier', async () => {
    const verifier = cli.file(
      'verifier.json',
      JSON.stringify({ scheme: 'static', credential: { from: 'header', name: 'X-Token' } }),
    );
    const forms: [string[], unknown][] = [
      [['--auth', 'bearer'], {}],
      [['--auth', 'path_token', '--query-param', 'key'], { queryParam: 'key' }],
      [
        ['--auth', 'ip_allowlist', '--ip-cidr', '10.0.0.0/8', '--ip-cidr', '::1'],
        { ipCidrs: ['10.0.0.0/8', '::1'] },
      ],
      [['--preset', 'github'], { preset: 'github' }],
      [['--verifier', verifier], { verifier: { scheme: 'static' } }],
    ];
    for (const [index, [options, authConfig]] of forms.entries()) {
      const { data } = await create(...options, '--slug', `${slug}-${index}`);
      expect(data).toMatchObject({ authConfig });
    }
  });

  test('S-135 shows what the server refuses, member by member, and ends with 1', async () => {
    const result = await cli.run(['hooks', 'create', '--name', 'Alerts', '--auth', 'bearer']);
    expect(result).toMatchObject({ exitCode: 1, stdout: '' });
    expect(result.stderr).toMatch(/validation_failed/);
    expect(result.stderr).toMatch(/^ {2}\/handlerType: /m);
    expect(result.stderr).toMatch(/^ {2}request id: \S+$/m);
    expect(result.stderr).toMatch(/^ {2}next: Correct the members/m);
  });

  test('ends with 2 for options that contradict each other', async () => {
    const both = ['hooks', 'create', '--auth', 'bearer', '--preset', 'github'];
    expect((await cli.run(both)).exitCode).toBe(2);
    const misfit = ['hooks', 'create', '--auth', 'bearer', '--query-param', 'token'];
    expect((await cli.run(misfit)).exitCode).toBe(2);
    const verifier = cli.file('own.json', '{"scheme":"none"}');
    const doubled = ['hooks', 'create', '--verifier', verifier, '--query-param', 'token'];
    expect((await cli.run(doubled)).exitCode).toBe(2);
    const unmapped = ['hooks', 'create', '--auth', 'bearer', '--map', 'title=x'];
    expect((await cli.run(unmapped)).stderr).toContain('--action');
  });
});

describe('a hook', () => {
  test('S-007 is listed, updated and deleted by its slug or its id', async () => {
    const { data } = await create();
    const listed = await cli.json(['hooks', 'list', '--all']);
    expect(listed.data).toContainEqual(expect.objectContaining({ id: data.id, slug }));
    const updated = await cli.json(['hooks', 'update', data.id, '--rate-limit', '7']);
    expect(updated).toMatchObject({ data: { rateLimitPerMinute: 7 }, secret: null });
    expect(await cli.json(['hooks', 'delete', slug, '--yes'])).toEqual({
      data: { id: data.id, done: 'deleted' },
    });
    expect((await cli.run(['hooks', 'show', slug])).exitCode).toBe(4);
    expect((await cli.run(['hooks', 'show', data.id])).exitCode).toBe(4);
  });

  test('S-013 gets a new secret; with a grace the old one works beside it', async () => {
    const { secret: first } = await create();
    const { secret: second } = await cli.json(['hooks', 'rotate', slug, '--grace-seconds', '60']);
    await send(first, { title: 'old' });
    await send(second, { title: 'new' });
    const { secret: third } = await cli.json(['hooks', 'rotate', slug, '--yes']);
    await send(third, { title: 'newest' });
    const late = await cli.run(['send', slug, '--secret', second, '--data', '{"title":"late"}']);
    expect(late.exitCode).toBe(3);
  });

  test('S-041 keeps the next verified body as its sample, until it is cleared', async () => {
    const { secret } = await create();
    const { data } = await cli.json(['hooks', 'capture', slug]);
    expect(Date.parse(data.sampleCaptureExpiresAt)).toBeGreaterThan(Date.now());
    await send(secret, { title: 'sampled' });
    const shown = await cli.json(['hooks', 'show', slug]);
    expect(shown.data.samplePayload.body).toEqual({ title: 'sampled' });
    await cli.json(['hooks', 'clear-sample', slug, '--yes']);
    expect((await cli.json(['hooks', 'show', slug])).data.samplePayload).toBeNull();
  });
});

describe('hooks test', () => {
  test('runs a body through the hook and waits for the outcome on request', async () => {
    await create();
    const { data } = await cli.json(
      ['hooks', 'test', slug, '--wait', '--header', 'X-Kind: drill', '--query', 'a=b=c'],
      { stdin: '{"title":"A drill"}' },
    );
    expect(data).toMatchObject({
      isTest: true,
      dispatchStatus: 'dispatched',
      outcome: { action: 'createTicket' },
      headers: { 'x-kind': 'drill' },
      query: { a: 'b=c' },
    });
  });

  test('ends with 6 when the outcome is a failure', async () => {
    await create();
    const result = await cli.run(['hooks', 'test', slug, '--data', '{}', '--wait']);
    expect(result).toMatchObject({ exitCode: 6, stderr: expect.stringContaining('failed') });
  });
});

describe('hooks preview', () => {
  test('shows the value of each field, and ends with 6 where one is missing', async () => {
    await create();
    const good = cli.file('good.json', '{"title":"Full","ref":"1"}');
    const bad = cli.file('bad.json', '{}');
    const previewed = await cli.json(['hooks', 'preview', slug, '--sample', good]);
    expect(previewed.data[0]).toMatchObject({
      wouldDispatch: true,
      fields: expect.arrayContaining([{ field: 'title', value: 'Full' }]),
    });
    const both = ['hooks', 'preview', slug, '--sample', good, '--sample', bad];
    const { exitCode, stdout, stderr } = await cli.run(both);
    expect(exitCode).toBe(6);
    expect(stdout).toContain('samples/0: would be dispatched');
    expect(stdout).toMatch(/samples\/1: would fail[^]*title is required/);
    expect(stderr).toContain('1 of 2');
  });

  test('tries another mapping on stored deliveries, and saves nothing', async () => {
    const { secret } = await create();
    const [sent] = (await send(secret, { title: 'Stored' })).data;
    const other = ['--action', 'createTicket', '--map', 'title=$uppercase(title)'];
    const id = sent.body.delivery_id as string;
    for (const choice of [
      ['--last', '1'],
      ['--delivery', id],
    ]) {
      const result = await cli.run(['hooks', 'preview', slug, ...other, ...choice]);
      expect(result.stdout).toContain('title = STORED');
    }
    const { data } = await cli.json(['hooks', 'show', slug]);
    expect(data.handlerConfig.mapping.title).toBe('title');
  });
});

describe('what is taken away', () => {
  test('is not without --yes where nobody can be asked: every such command ends with 2', async () => {
    const { secret } = await create();
    const commands = [
      ['hooks', 'delete', slug],
      ['hooks', 'rotate', slug],
      ['hooks', 'clear-sample', slug],
      ['token', 'revoke', 'some-token'],
      ['workflows', 'unpublish', 'some-workflow'],
    ];
    for (const command of commands) {
      const result = await cli.run(command, { stdin: 'y\n' });
      expect(result).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('--yes') });
    }
    await send(secret, { title: 'It is all there' });
  });
});
