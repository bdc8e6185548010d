import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { argv, type Cli } from '../support/cli.ts';
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
  receiver = await startReceiver(500);
});
afterEach(() => receiver.close());

const since = new Date(Date.now() - 3_600_000).toISOString();

const tried = { retryProfile: 'custom', retryWaitsMs: [] } as const;
const makeEndpoint = () =>
  bench.rig.endpoint(tenant, { name: 'shop', url: receiver.url, maxInFlight: 5, ...tried });
const publish = (index: number) =>
  bench.rig.publish(tenant, { type: 'ticket.created', objectId: `ticket-${index}` });

/** Leaves so many failed deliveries to the endpoint `shop`. */
async function fail(count: number): Promise<void> {
  await makeEndpoint();
  for (let index = 0; index < count; index += 1) await publish(index);
  await eventually(async () => {
    const statuses = (await bench.rig.deliveries(tenant)).map(({ status }) => status);
    expect(statuses).toEqual(Array.from({ length: count }, () => 'failed'));
  });
}

/** Leaves so many events that the endpoint `shop` never got. */
async function miss(count: number): Promise<void> {
  for (let index = 0; index < count; index += 1) await publish(index);
  await makeEndpoint();
}

describe('replay start', () => {
  test('S-051 counts with --dry-run and sends nothing', async () => {
    await fail(2);
    const { stdout } = await cli.run(argv`replay start --from ${since} --endpoint shop --dry-run`);
    expect(stdout).toContain('2 would be sent again');
    const none = argv`replay start --from ${since} --type ticket.updated --dry-run`;
    expect(await cli.json(none)).toEqual({ matched: 0 });
    expect((await cli.json(['replay', 'list'])).data).toEqual([]);
    expect(receiver.requests).toHaveLength(2);
  });

  test('S-051 sends what failed again, and tells how far it is', async () => {
    await fail(3);
    receiver.answer(204);
    const { data } = await cli.json(argv`replay start --from ${since} --endpoint shop`);
    expect(data).toMatchObject({
      id: expect.stringMatching(/^rpl_/),
      filter: { status: 'failed' },
    });
    await eventually(async () => {
      await bench.rig.hasten(tenant);
      const shown = await cli.json(['replay', 'show', data.id]);
      expect(shown.data).toMatchObject({ state: 'completed', progress: { delivered: 3 } });
    }, 40_000);
    expect((await cli.json(['replay', 'list'])).data).toMatchObject([{ id: data.id }]);
    const over = await cli.run(argv`replay cancel ${data.id} --yes`);
    expect(over).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('replay_settled') });
  });

  test('ends with 2 without a moment, and with 4 for an endpoint that there is not', async () => {
    expect((await cli.run(argv`replay start`)).exitCode).toBe(2);
    expect((await cli.run(argv`replay start --from ${since} --endpoint no`)).exitCode).toBe(4);
  });
});

describe('replay pause, resume and cancel', () => {
  test('stop a replay, let it go on, and end it', async () => {
    await miss(120);
    const missing = argv`--status missing --endpoint shop --per-second 1`;
    const { data } = await cli.json(argv`replay start --from ${since} ${missing}`);
    const { id } = data;
    expect((await cli.json(argv`replay pause ${id}`)).data.state).toBe('paused');
    expect((await cli.json(argv`replay resume ${id}`)).data.state).toBe('running');
    expect((await cli.json(argv`replay pause ${id}`)).data.state).toBe('paused');
    expect((await cli.run(argv`replay cancel ${id}`)).exitCode).toBe(2);
    expect((await cli.json(argv`replay cancel ${id} --yes`)).data.state).toBe('canceled');
    expect((await cli.run(argv`replay show rpl_01994d1c5c5e7b568f0e6a1c1d2e3f40`)).exitCode).toBe(
      4,
    );
  });
});
