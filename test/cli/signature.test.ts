import { createHmac } from 'node:crypto';
import { afterAll, describe, expect, test } from 'vitest';
import { argv, makeCli, type CliResult } from '../support/cli.ts';

// Nothing runs here: an address where no server is shows that none is asked.
const cli = makeCli({ TIDEGATE_URL: 'http://127.0.0.1:9' });
afterAll(() => cli.close());

const secret = 'a secret of some length';
const body = '{"id": 1, "text": "Grüße"}\n';
const bodyFile = cli.file('body.json', body);
const secretFile = cli.file('secret.txt', `${secret}\n`);
const hmac = (key: string, text: string, encoding: 'hex' | 'base64' = 'hex'): string =>
  createHmac('sha256', key).update(text).digest(encoding);
const github = (signature: string): string => `X-Hub-Signature-256: ${signature}`;
const basics = ['--preset', 'github', '--secret', secret, '--file', bodyFile];

describe('signature sign', () => {
  test('S-008 prints the headers that the sender of a preset would add', async () => {
    const result = await cli.run(['signature', 'sign', ...basics]);
    expect(result).toMatchObject({ exitCode: 0, stderr: '' });
    expect(result.stdout).toBe(`${github(`sha256=${hmac(secret, body)}`)}\n`);
  });

  test('S-008 takes the secret from a file without the line end after it, from the environment, and from standard input', async () => {
    const base = ['signature', 'sign', '--preset', 'github', '--file', bodyFile];
    const ways = [
      cli.run([...base, '--secret-file', secretFile]),
      cli.run(base, { env: { TIDEGATE_SECRET: secret } }),
      cli.run([...base, '--secret', '-'], { stdin: `${secret}\n` }),
    ];
    for (const { stdout } of await Promise.all(ways)) expect(stdout).toContain(hmac(secret, body));
  });

  test('signs at the moment and with the message id that are given', async () => {
    const key = `whsec_${Buffer.alloc(24, 1).toString('base64')}`;
    const signed = await cli.json(
      argv`signature sign --preset standard-webhooks --secret ${key}
        --data {} --at 2023-11-14T22:13:20Z --message-id msg_1`,
    );
    const expected = createHmac('sha256', Buffer.alloc(24, 1))
      .update('msg_1.1700000000.{}')
      .digest('base64');
    expect(signed.data.headers).toEqual({
      'webhook-id': 'msg_1',
      'webhook-timestamp': '1700000000',
      'webhook-signature': `v1,${expected}`,
    });
  });

  test('prints the body where the proof stands in it', async () => {
    const { data } = await cli.json(
      argv`signature sign --preset microsoft-graph --secret ${secret} --data {"value":[{"id":"1"}]}`,
    );
    expect(JSON.parse(data.body)).toEqual({ value: [{ id: '1', clientState: secret }] });
  });

  test('without a secret ends with 2 and says where one is given', async () => {
    const result = await cli.run(['signature', 'sign', '--preset', 'github', '--data', '{}']);
    expect(result).toMatchObject({ exitCode: 2, stdout: '' });
    expect(result.stderr).toContain('TIDEGATE_SECRET');
  });

  test('reads standard input for one thing only', async () => {
    const args = ['signature', 'sign', '--preset', 'github', '--secret', '-', '--file', '-'];
    expect(await cli.run(args, { stdin: secret })).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('one thing only'),
    });
  });
});

describe('signature verify', () => {
  test('S-008 ends with 0 for a request that proves its sender, and with 6 for one that does not', async () => {
    const verify = (signature: string): Promise<CliResult> =>
      cli.run(['signature', 'verify', ...basics, '--header', github(signature)]);
    expect(await verify(`sha256=${hmac(secret, body)}`)).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('The request verifies.'),
    });
    expect(await verify(`sha256=${hmac('another', body)}`)).toMatchObject({
      exitCode: 6,
      stdout: expect.stringContaining('mismatch'),
    });
  });

  test('S-009 S-010 judges the short forms, with headers from a file and the address of the sender', async () => {
    const bearer = cli.file('headers.txt', `Authorization: Bearer ${secret}\r\nAccept: */*\r\n`);
    const proven = await cli.run(
      argv`signature verify --auth bearer --data {} --secret ${secret} --headers-file ${bearer}`,
    );
    expect(proven.exitCode).toBe(0);
    const from = (ip: string) =>
      cli.run(
        argv`signature verify --auth ip_allowlist --ip-cidr 10.0.0.0/8 --data {} --client-ip ${ip}`,
      );
    expect((await from('10.1.2.3')).exitCode).toBe(0);
    expect((await from('192.0.2.1')).exitCode).toBe(6);
  });

  test('S-008 judges by a verifier of its own from a file, and says what is wrong with one', async () => {
    const check = {
      scheme: 'hmac',
      algorithm: 'sha1',
      signature: { from: 'header', names: ['X-Sig'], encoding: 'base64' },
      signed: ['body'],
    };
    const signature = createHmac('sha1', secret).update(body).digest('base64');
    const verify = (verifier: unknown): Promise<CliResult> =>
      cli.run(
        argv`signature verify --secret ${secret} --file ${bodyFile}
          --verifier ${cli.file('verifier.json', JSON.stringify(verifier))}
          --header ${`X-Sig: ${signature}`}`,
      );
    expect((await verify(check)).exitCode).toBe(0);
    const refused = await verify({ ...check, algorithm: 'md5' });
    expect(refused).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('/algorithm') });
  });
});

interface Case {
  readonly code: string;
  readonly header: string;
  readonly args?: readonly string[];
  readonly found?: Readonly<Record<string, unknown>>;
}

const stripe = (at: number): string => {
  const signature = createHmac('sha256', secret).update(`${at}.${body}`).digest('hex');
  return `Stripe-Signature: t=${at},v1=${signature}`;
};
const compact = '{"id":1,"text":"Grüße"}';

const cases: readonly Case[] = [
  { code: 'secret_newline', header: github(`sha256=${hmac(`${secret}\n`, body)}`) },
  {
    code: 'secret_blanks',
    args: ['--secret', ` ${secret} `],
    header: github(`sha256=${hmac(secret, body)}`),
  },
  { code: 'signature_encoding', header: github(`sha256=${hmac(secret, body, 'base64')}`) },
  { code: 'signature_prefix', header: github(hmac(secret, body)) },
  {
    code: 'signature_elsewhere',
    header: `X-Other-Signature: sha256=${hmac(secret, body)}`,
  },
  {
    code: 'algorithm',
    header: github(`sha256=${createHmac('sha512', secret).update(body).digest('hex')}`),
  },
  { code: 'body_newline', header: github(`sha256=${hmac(secret, body.trimEnd())}`) },
  {
    code: 'body_reserialized',
    header: github(`sha256=${hmac(secret, compact)}`),
    found: { differsAtByte: '{"id":'.length },
  },
  {
    code: 'clock',
    args: ['--preset', 'stripe', '--at', '2023-11-14T23:13:20Z'],
    header: stripe(1_700_000_000),
    found: { skewSeconds: 3_600 },
  },
  { code: 'preset', header: stripe(Math.floor(Date.now() / 1_000)), found: { presetId: 'stripe' } },
];

describe('signature explain', () => {
  test.for(cases)('finds what would verify: $code', async (each) => {
    const { code, header, args = [], found = {} } = each;
    const usual = args.includes('--preset') ? [] : ['--preset', 'github'];
    const secretArgs = args.includes('--secret') ? [] : ['--secret', secret];
    const request = [...usual, ...secretArgs, ...args, '--header', header, '--file', bodyFile];
    const result = await cli.run(['signature', 'explain', '--json', ...request]);
    expect(result.exitCode).toBe(6);
    expect(JSON.parse(result.stdout)).toMatchObject({
      data: {
        ok: false,
        findings: expect.arrayContaining([
          expect.objectContaining({ code, wouldVerify: true, ...found }),
        ]),
      },
    });
    expect(result.stdout).not.toContain(secret);
  });

  test('finds an address that the sender knows otherwise', async () => {
    const [known, seen] = ['https://hooks.example.test/in', 'http://hooks.example.test/in'];
    const signature = createHmac('sha256', secret).update(`${known}{}`).digest('base64');
    const result = await cli.run(
      argv`signature explain --preset square --secret ${secret} --data {} --request-url ${seen}
        --header ${`x-square-hmacsha256-signature: ${signature}`}`,
    );
    expect(result).toMatchObject({
      exitCode: 6,
      stdout: expect.stringContaining('Would verify (url_scheme)'),
    });
  });

  test('says so when no change that was tried makes it verify', async () => {
    const header = github(`sha256=${hmac('quite another secret', body)}`);
    const result = await cli.run(['signature', 'explain', ...basics, '--header', header]);
    expect(result.stdout).toContain('No single change that was tried makes it verify');
  });
});
