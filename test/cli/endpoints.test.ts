import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { verifyWebhook } from '../../receiver/verify.mjs';
import { argv, type Cli } from '../support/cli.ts';
import { startOutboundCli, type OutboundCli } from '../support/outbound-cli.ts';
import { startReceiver, type TestReceiver } from '../support/receiver.ts';

let bench: OutboundCli;
let cli: Cli;
let receiver: TestReceiver;

beforeAll(async () => {
  bench = await startOutboundCli();
});
afterAll(() => bench.close());
beforeEach(async () => {
  ({ cli } = await bench.newUser());
  receiver = await startReceiver();
});
afterEach(() => receiver.close());

const create = (...options: string[]) =>
  cli.json(argv`endpoints create --to ${receiver.url} --name shop ${options}`);
const sendTest = (...options: string[]) => cli.run(argv`endpoints test shop --wait ${options}`);

/** Which of the secrets verify what the receiver got last. */
function verifying(...secrets: readonly string[]): boolean[] {
  const { headers = {}, body = '' } = receiver.requests.at(-1) ?? {};
  return secrets.map((secret) => verifyWebhook({ secret, headers, body }).ok);
}

describe('endpoints create', () => {
  test('S-069 shows the secret once, and no later answer has it', async () => {
    const made = await create('--type', 'ticket.*', '--retry', 'conversation');
    expect(made.signingSecret).toMatch(/^whsec_/);
    const { id } = made.data;
    expect(made.data).toMatchObject({ eventTypes: ['ticket.*'], retryProfile: 'conversation' });
    for (const name of ['shop', id]) {
      const { stdout } = await cli.run(['endpoints', 'show', name]);
      expect(stdout).toContain(id);
      expect(stdout).not.toContain(made.signingSecret);
    }
    expect((await cli.run(['endpoints', 'show', 'other'])).exitCode).toBe(4);
  });

  test('S-080 ends with 1 for an address that is not allowed, and makes nothing', async () => {
    const result = await cli.run(argv`endpoints create --to http://10.0.0.1/ --name inside`);
    expect(result).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('/url') });
    expect((await cli.json(['endpoints', 'list'])).data).toEqual([]);
  });

  test('takes settings from a file, and options win over it', async () => {
    const settings = { url: receiver.url, name: 'from-file', ratePerMinute: 30, maxInFlight: 2 };
    const file = cli.file('endpoint.json', JSON.stringify(settings));
    const { data } = await cli.json(argv`endpoints create --file ${file} --rate 40 --waits 10,20`);
    expect(data).toMatchObject({
      name: 'from-file',
      maxInFlight: 2,
      ratePerMinute: 40,
      retryProfile: 'custom',
      retryWaitsMs: [10, 20],
    });
  });

  test('ends with 2 for what cannot be meant', async () => {
    for (const wrong of [argv`--rate 0`, argv`--waits 1,x`, argv`--any nothing`]) {
      const to = argv`endpoints create --to ${receiver.url}`;
      expect(await cli.run([...to, ...wrong])).toMatchObject({ exitCode: 2 });
    }
  });
});

describe('endpoints update', () => {
  test('S-085 S-090 changes what the options name, takes a filter away, and keeps the rest', async () => {
    const created = `ticket.created=${receiver.url}/created`;
    await create(
      ...argv`--type ticket.* --label vip --owner o-1 --type-url ${created}`,
      ...argv`--header ${'X-Shop: 1'} --header ${'X-Old: 2'}`,
    );
    const { data, signingSecret } = await cli.json(
      argv`endpoints update shop --rate 7 --any label --header X-Old: --type-url ticket.created=`,
    );
    expect(signingSecret).toBeNull();
    expect(data).toMatchObject({
      ratePerMinute: 7,
      eventTypes: ['ticket.*'],
      filters: { owners: ['o-1'], labels: [] },
      eventUrls: {},
      headers: ['X-Shop'],
    });
  });
});

describe('endpoints pause, resume, disable and enable', () => {
  test('S-061 say whether an endpoint takes deliveries, and the list shows it', async () => {
    await create();
    const steps = [
      ['pause', 'paused'],
      ['resume', 'active'],
      ['disable', 'disabled'],
      ['enable', 'active'],
    ] as const;
    for (const [verb, status] of steps) {
      const { data } = await cli.json(argv`endpoints ${verb} shop --yes`);
      expect(data.status).toBe(status);
      const listed = await cli.json(argv`endpoints list --status ${status}`);
      expect(listed.data).toMatchObject([{ name: 'shop' }]);
    }
  });
});

describe('endpoints test', () => {
  test('S-092 delivers one signed event and shows the attempt', async () => {
    const { signingSecret } = await create('--type', 'invoice.*');
    const { exitCode, stdout } = await sendTest('--type', 'ticket.created');
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^status +delivered$/m);
    expect(stdout).toMatch(/^1 +\S+ +- +204 +\d+/m);
    expect(receiver.requests).toHaveLength(1);
    expect(verifying(signingSecret)).toEqual([true]);
  });

  test('S-057 ends with 6 when the receiver refuses it', async () => {
    await create();
    receiver.answer(500);
    const result = await sendTest();
    expect(result).toMatchObject({ exitCode: 6, stderr: expect.stringContaining('answered 500') });
  });

  test('S-092 ends with 1 for a disabled endpoint', async () => {
    await create();
    await cli.json(argv`endpoints disable shop --yes`);
    const result = await sendTest();
    expect(result).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('disabled') });
  });
});

describe('endpoints rotate', () => {
  test('S-070 signs with both secrets until the rotation is finished', async () => {
    const { signingSecret: old } = await create();
    const rotated = await cli.json(argv`endpoints rotate shop --grace-seconds 3600`);
    expect(rotated.previousSecretExpiresAt).toMatch(/Z$/);
    await sendTest();
    expect(verifying(old, rotated.signingSecret)).toEqual([true, true]);
    await cli.json(argv`endpoints rotate shop --finish --yes`);
    await sendTest();
    expect(verifying(old, rotated.signingSecret)).toEqual([false, true]);
    const again = await cli.run(argv`endpoints rotate shop --finish --yes`);
    expect(again).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('rotation') });
  });

  test('S-070 goes back to the old secret when it is aborted', async () => {
    const { signingSecret: old } = await create();
    const rotated = await cli.json(argv`endpoints rotate shop`);
    await cli.json(argv`endpoints rotate shop --abort --yes`);
    await sendTest();
    expect(verifying(old, rotated.signingSecret)).toEqual([true, false]);
  });

  test('S-071 without a grace is confirmed, and stops the old secret at once', async () => {
    const { signingSecret: old } = await create();
    const unasked = await cli.run(argv`endpoints rotate shop --grace-seconds 0`);
    expect(unasked).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('--yes') });
    const rotated = await cli.json(argv`endpoints rotate shop --grace-seconds 0 --yes`);
    expect(rotated.previousSecretExpiresAt).toBeNull();
    await sendTest();
    expect(verifying(old, rotated.signingSecret)).toEqual([false, true]);
  });
});

describe('endpoints delete', () => {
  test('S-091 asks first, and then the endpoint is gone', async () => {
    await create();
    expect((await cli.run(argv`endpoints delete shop`)).exitCode).toBe(2);
    await cli.json(argv`endpoints delete shop --yes`);
    expect((await cli.run(argv`endpoints show shop`)).exitCode).toBe(4);
  });
});
