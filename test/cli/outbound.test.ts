import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { toWireId } from '../../shared/domain/ids.ts';
import { apiAs } from '../support/api.ts';
import { argv, type Cli, type RunningCli } from '../support/cli.ts';
import { eventually } from '../support/eventually.ts';
import type { TestTenant } from '../support/factory.ts';
import { startOutboundCli, type OutboundCli } from '../support/outbound-cli.ts';
import { startReceiver, type TestReceiver } from '../support/receiver.ts';

let bench: OutboundCli;
let tenant: TestTenant;
let cli: Cli;
let receiver: TestReceiver;

beforeAll(async () => {
  bench = await startOutboundCli();
});
afterAll(() => bench.close());
beforeEach(async () => {
  ({ tenant, cli } = await bench.newUser());
  receiver = await startReceiver();
});
afterEach(() => receiver.close());

const hourMs = 3_600_000;
const missing = 'whd_01994d1c5c5e7b568f0e6a1c1d2e3f40';

/** Makes the endpoint `shop`, tried again after these waits, and sends it an event. */
async function deliver(...retryWaitsMs: readonly number[]): Promise<{ id: string; event: string }> {
  const { rig } = bench;
  const options = {
    name: 'shop',
    url: receiver.url,
    retryProfile: 'custom',
    retryWaitsMs,
  } as const;
  await rig.endpoint(tenant, options);
  const event = await rig.publish(tenant, { type: 'ticket.created' });
  const [delivery] = await rig.deliveries(tenant);
  return {
    id: toWireId('outboundDelivery', delivery?.id ?? ''),
    event: toWireId('event', event.id),
  };
}

const show = async (id: string) => (await cli.json(['outbound', 'show', id])).data;

/** Waits until the one delivery of the tenant is in a state. */
const reaches = (status: string) =>
  eventually(async () => expect(await bench.rig.deliveries(tenant)).toMatchObject([{ status }]));

describe('outbound show', () => {
  test('S-046 prints the ladder: each attempt with time, wait, answer and duration', async () => {
    receiver.answer((response) =>
      response.writeHead(receiver.requests.length < 3 ? 503 : 204).end('busy'),
    );
    const { id, event } = await deliver(20, 40);
    await reaches('delivered');
    const { data } = await cli.json(['outbound', 'show', id]);
    expect(data).toMatchObject({ eventId: event, endpointName: 'shop', status: 'delivered' });
    const codes = data.attempts.map(({ statusCode }: { statusCode: number }) => statusCode);
    expect(codes).toEqual([503, 503, 204]);
    const { stdout } = await cli.run(['outbound', 'show', id]);
    expect(stdout).toMatch(/^1 +\S+Z +- +503 +\d+ +busy$/m);
    expect(stdout).toMatch(/^2 +\S+Z +\d+ m?s +503 +\d+ +busy$/m);
    expect(stdout).toMatch(/^3 +\S+Z +\d+ m?s +204 +\d+ +-$/m);
    expect(stdout).toContain('It is delivered.');
  });

  test('S-046 tells when the next attempt is, and how many are left', async () => {
    receiver.answer(500);
    const { id } = await deliver(hourMs);
    await reaches('retrying');
    const { stdout } = await cli.run(['outbound', 'show', id]);
    expect(stdout).toMatch(/The next attempt is in (1 h|5\d min).*; 1 of 2 attempts are used up\./);
  });

  test("S-048 ends with 4 for another tenant's delivery and for one that there is not", async () => {
    const { id } = await deliver();
    const { cli: other } = await bench.newUser();
    expect((await other.run(['outbound', 'show', id])).exitCode).toBe(4);
    expect((await cli.run(['outbound', 'show', missing])).exitCode).toBe(4);
  });
});

describe('outbound list', () => {
  test('S-047 filters by endpoint, state, type, event and time', async () => {
    receiver.answer(500);
    const { id, event } = await deliver();
    await reaches('failed');
    const list = async (...filter: string[]) =>
      (await cli.json(['outbound', 'list', ...filter])).data.map((row: { id: string }) => row.id);
    const taking = [
      ...argv`--endpoint shop --status failed --type ticket.created --event ${event}`,
      ...argv`--from 2020-01-01T00:00:00Z`,
    ];
    expect(await list(...taking)).toEqual([id]);
    for (const other of [
      argv`--status delivered`,
      argv`--type ticket.updated`,
      argv`--to 2020-01-01T00:00:00Z`,
    ]) {
      expect(await list(...other)).toEqual([]);
    }
    const page = await cli.json(argv`outbound list --page 1 --limit 1`);
    expect(page).toMatchObject({ data: [{ id }], total: 1 });
    expect((await cli.run(argv`outbound list --status lost`)).exitCode).toBe(2);
  });
});

describe('outbound retry, pause, resume and cancel', () => {
  test('S-072 retry makes the next attempt now and waits for its answer', async () => {
    receiver.answer(500);
    const { id } = await deliver(hourMs, hourMs);
    await reaches('retrying');
    const refused = await cli.run(argv`outbound retry ${id} --wait`);
    expect(refused).toMatchObject({ exitCode: 6, stderr: expect.stringContaining('answered 500') });
    receiver.answer(204);
    const taken = await cli.json(argv`outbound retry ${id} --wait`);
    expect(taken.data).toMatchObject({ status: 'delivered', attemptCount: 3 });
  });

  test('S-061 pause holds a delivery, resume lets it go on, cancel ends it', async () => {
    receiver.answer(500);
    const { id } = await deliver(hourMs, hourMs);
    await reaches('retrying');
    const paused = await cli.json(argv`outbound pause ${id}`);
    expect(paused.data).toMatchObject({ status: 'held', holdReason: 'delivery_paused' });
    await cli.json(argv`outbound resume ${id}`);
    await eventually(async () => expect((await show(id)).status).not.toBe('held'));
    expect((await cli.run(argv`outbound cancel ${id}`)).exitCode).toBe(2);
    const canceled = await cli.json(argv`outbound cancel ${id} --yes`);
    expect(canceled.data.status).toBe('canceled');
    const settled = await cli.run(argv`outbound retry ${id}`);
    expect(settled).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('settled') });
  });
});

describe('outbound replay', () => {
  test('S-051 sends a failed delivery again from its first attempt, with the same event', async () => {
    receiver.answer(500);
    const { id, event } = await deliver();
    await reaches('failed');
    receiver.answer(204);
    const { data } = await cli.json(argv`outbound replay ${id} --wait`);
    expect(data).toMatchObject({
      status: 'delivered',
      origin: 'replay',
      replayedFrom: id,
      eventId: event,
      attemptCount: 1,
    });
    const [first, again] = receiver.requests;
    expect(again?.body).toBe(first?.body);
  });

  test('S-051 ends with 1 for a delivered one', async () => {
    const { id } = await deliver();
    await reaches('delivered');
    const refused = await cli.run(argv`outbound replay ${id}`);
    expect(refused).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('delivered') });
  });
});

describe('outbound tail', () => {
  const statuses = (tail: RunningCli): string[] =>
    tail.lines().map((line) => (JSON.parse(line) as { status: string }).status);

  test('S-046 shows a delivery again after each attempt, a JSON document a line', async () => {
    receiver.answer(500);
    const { id } = await deliver(hourMs, hourMs);
    await reaches('retrying');
    const tail = cli.start(argv`outbound tail --json --last 1 --interval 500`);
    await eventually(() => expect(statuses(tail)).toEqual(['retrying']));
    receiver.answer(204);
    await cli.json(argv`outbound retry ${id} --wait`);
    await eventually(() => expect(statuses(tail).at(-1)).toBe('delivered'));
    await tail.stop();
  });

  test('ends with 6 when too little came in time', async () => {
    await deliver();
    const none = argv`outbound tail --status failed --count 1 --timeout 1 --interval 500`;
    expect(await cli.run(none)).toMatchObject({
      exitCode: 6,
      stderr: expect.stringContaining('0 of 1'),
    });
  });
});

describe('a tail', () => {
  test('S-108 waits when the reads of the minute are used up, and does not fail', async () => {
    const { cli: own, token } = await bench.newUser();
    const api = apiAs(bench.rig.gateway.url, token);
    const reads = Array.from({ length: 61 }, () => api.get('/webhooks/deliveries'));
    expect((await Promise.all(reads)).map(({ status }) => status)).toContain(429);
    expect((await own.run(['outbound', 'list'])).exitCode).toBe(1);
    const waiting = await own.run(argv`outbound tail --count 1 --timeout 1`);
    expect(waiting).toMatchObject({ exitCode: 6, stderr: expect.stringContaining('0 of 1') });
  });
});
