import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { verifyWebhook } from '../../receiver/verify.mjs';
import { argv, type Cli, type RunningCli } from '../support/cli.ts';
import { eventually } from '../support/eventually.ts';
import type { TestTenant } from '../support/factory.ts';
import { startOutboundCli, type OutboundCli } from '../support/outbound-cli.ts';
import { startReceiver, type TestReceiver } from '../support/receiver.ts';

let bench: OutboundCli;
let tenant: TestTenant;
let cli: Cli;
/** The program under development. */
let program: TestReceiver;

beforeAll(async () => {
  bench = await startOutboundCli();
});
afterAll(() => bench.close());
beforeEach(async () => {
  ({ tenant, cli } = await bench.newUser());
  program = await startReceiver();
});
afterEach(() => program.close());

type Line = Record<string, unknown>;
const documents = (listener: RunningCli): Line[] =>
  listener.lines().map((line) => JSON.parse(line) as Line);

/** Waits until a listener is ready, and returns the line that says so. */
const ready = (listener: RunningCli): Promise<Line> =>
  eventually(() => {
    const [line] = documents(listener);
    if (line === undefined) throw new Error('it is not ready');
    return line;
  }, 40_000);

const listen = (...options: string[]) => cli.start(argv`listen ${program.url} --json ${options}`);
const publish = (type = 'ticket.created') => bench.rig.publish(tenant, { type });
const endpoints = async () => (await cli.json(['endpoints', 'list'])).data;

function isVerified(secret: unknown): boolean {
  const { headers = {}, body = '' } = program.requests.at(-1) ?? {};
  return verifyWebhook({ secret: String(secret), headers, body }).ok;
}

describe('listen', () => {
  test('S-056 brings each attempt to the program, signed, and deletes its endpoint at the end', async () => {
    const listener = listen('--type', 'ticket.*');
    const { secret, endpoint } = await ready(listener);
    expect(await endpoints()).toMatchObject([{ name: endpoint, isLoopback: true }]);
    program.answer(500);
    await publish();
    await eventually(() => expect(documents(listener)[1]).toMatchObject({ status: 500 }));
    program.answer(204);
    await eventually(() =>
      expect(documents(listener).slice(1)).toMatchObject([
        { type: 'ticket.created', attempt: 1, isVerified: true, status: 500 },
        { type: 'ticket.created', attempt: 2, isVerified: true, status: 204 },
      ]),
    );
    expect(isVerified(secret)).toBe(true);
    expect(program.requests).toHaveLength(2);
    await listener.stop();
    expect(await endpoints()).toEqual([]);
  });

  test('S-068 passes nothing on that is not signed', async () => {
    const listener = listen();
    await ready(listener);
    const [{ url }] = await endpoints();
    const forged = await fetch(url, { method: 'POST', body: '{}' });
    expect(forged.status).toBe(401);
    await eventually(() =>
      expect(documents(listener)[1]).toMatchObject({ isVerified: false, error: 'header_missing' }),
    );
    expect(program.requests).toEqual([]);
    await listener.stop();
  });

  test('takes the place of a listener that was killed, and not of one that runs', async () => {
    const url = 'http://127.0.0.1:9/';
    const description = 'Made by tidegate listen';
    await cli.json([
      ...argv`endpoints create --to ${url} --name mine`,
      ...argv`--description ${[description]}`,
    ]);
    const listener = listen('--name', 'mine');
    await ready(listener);
    const second = await cli.run(argv`listen ${program.url} --name mine`);
    expect(second).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('--name') });
    await listener.stop();
    expect(await endpoints()).toEqual([]);
  });

  test('ends with 0 after so many, and with 6 when they do not come', async () => {
    const one = listen('--count', '1');
    await ready(one);
    await publish();
    await eventually(() => expect(documents(one)).toHaveLength(2));
    await eventually(async () => expect(await endpoints()).toEqual([]));
    const none = await cli.run(argv`listen ${program.url} --count 1 --timeout 1`);
    expect(none).toMatchObject({ exitCode: 6, stderr: expect.stringContaining('0 of 1') });
  });

  test('ends with 2 for what is neither a port nor an address', async () => {
    expect((await cli.run(['listen', '70000'])).exitCode).toBe(2);
    expect((await cli.run(['listen', 'ftp://x'])).exitCode).toBe(2);
  });
});

describe('listen by the event stream', () => {
  /** Publishes until one arrives: the stream tells nothing of what happened before it was open. */
  const publishUntilHeard = (on: OutboundCli, of: TestTenant) =>
    eventually(async () => {
      await on.rig.publish(of, { type: 'invoice.status_changed' });
      await on.rig.publish(of, { type: 'ticket.created' });
      expect(program.requests.length).toBeGreaterThan(0);
    }, 40_000);

  test('S-101 posts the webhook that an endpoint would get, of the types that it names', async () => {
    const real = await startReceiver();
    await cli.json(argv`endpoints create --to ${real.url} --name real --max-in-flight 9`);
    const listener = listen('--stream', '--type', 'ticket.*');
    const { secret, endpoint } = await ready(listener);
    expect(endpoint).toBeNull();
    await publishUntilHeard(bench, tenant);
    expect(isVerified(secret)).toBe(true);
    const [got] = program.requests;
    expect(JSON.parse(got?.body ?? '')).toMatchObject({ type: 'ticket.created' });
    const namesOf = (headers: object): string[] =>
      Object.keys(headers)
        .filter((name) => /^(webhook-|x-tidegate-)/.test(name))
        .toSorted();
    await eventually(() => {
      const twin = real.requests.find(({ body }) => body === got?.body);
      expect(namesOf(twin?.headers ?? {})).toEqual(namesOf(got?.headers ?? {}));
    });
    await listener.stop();
    await real.close();
  });

  test('is what happens where no endpoint may be on this machine', async () => {
    const strict = await startOutboundCli({ env: { TIDEGATE_EGRESS_ALLOW_LOOPBACK: 'false' } });
    const user = await strict.newUser();
    const listener = user.cli.start(argv`listen ${program.url} --json`);
    const { secret, endpoint } = await ready(listener);
    expect(endpoint).toBeNull();
    await publishUntilHeard(strict, user.tenant);
    expect(isVerified(secret)).toBe(true);
    await listener.stop();
    await strict.close();
  });
});
