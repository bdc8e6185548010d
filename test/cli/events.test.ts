import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { v7 as uuidv7 } from 'uuid';
import { toWireId } from '../../shared/domain/ids.ts';
import { argv, type Cli, type RunningCli } from '../support/cli.ts';
import { eventually } from '../support/eventually.ts';
import { startOutboundCli, type OutboundCli } from '../support/outbound-cli.ts';
import { startReceiver } from '../support/receiver.ts';

let bench: OutboundCli;
let cli: Cli;

beforeAll(async () => {
  bench = await startOutboundCli();
});
afterAll(() => bench.close());
beforeEach(async () => {
  ({ cli } = await bench.newUser());
});

const schema = {
  type: 'object',
  required: ['number'],
  properties: { number: { type: 'integer' } },
};
const addType = (name: string) =>
  cli.json(
    argv`events add-type ${name} --schema ${cli.file('schema.json', JSON.stringify(schema))}`,
  );
const publish = async (name: string, number: unknown, ...options: string[]) => {
  const data = JSON.stringify({ number });
  return (
    await cli.json([...argv`events publish ${name} --resource o-1`, '--data', data, ...options])
  ).data;
};
const makeEndpoint = (url: string) => cli.json(argv`endpoints create --to ${url} --name shop`);
const ids = ({ data }: { data: readonly { id: string }[] }): string[] => data.map(({ id }) => id);

describe('events publish', () => {
  test('S-098 records an event and sends it to the endpoints that it matches', async () => {
    const receiver = await startReceiver();
    await makeEndpoint(receiver.url);
    await addType('order.shipped');
    const event = await publish('order.shipped', 7, '--owner', 'client-1');
    expect(event.deliveryStatus).toMatchObject({ matched: 1 });
    await eventually(() => expect(receiver.requests).toHaveLength(1));
    await eventually(async () => {
      const { stdout } = await cli.run(['events', 'show', event.id]);
      expect(stdout).toMatch(/^endpoints +1 matched: 1 delivered, 0 pending, 0 failed$/m);
      expect(stdout).toMatch(/^owner +client-1$/m);
    });
    await receiver.close();
  });

  test('S-101 takes the data from standard input, and refuses what the schema does', async () => {
    await addType('order.shipped');
    const command = argv`events publish order.shipped --resource o-1`;
    const { data } = await cli.json(command, { stdin: '{"number":8}' });
    expect(data.data).toEqual({ number: 8 });
    const wrong = await cli.run(command, { stdin: '{"number":"eight"}' });
    expect(wrong).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('/data/number') });
    expect((await cli.run(command, { stdin: '[]' })).exitCode).toBe(2);
  });
});

describe('events receipt', () => {
  test('S-064 sends an event that waited for it, with the receipt', async () => {
    const receiver = await startReceiver();
    await makeEndpoint(receiver.url);
    await addType('order.shipped');
    const { id } = await publish('order.shipped', 1, '--awaits-receipt');
    expect((await cli.run(argv`events receipt ${id}`)).exitCode).toBe(2);
    await cli.json(argv`events receipt ${id} --block-number 18 --transaction-hash 0x1f`);
    await eventually(() => expect(receiver.requests).toHaveLength(1));
    expect(JSON.parse(receiver.requests[0]?.body ?? '')).toMatchObject({
      receipt: { blockNumber: 18, transactionHash: '0x1f' },
    });
    await receiver.close();
  });
});

describe('events list', () => {
  test('S-099 filters, and pages through all', async () => {
    await addType('order.shipped');
    const first = await publish('order.shipped', 1, '--owner', 'a');
    const second = await publish('order.shipped', 2, '--owner', 'b');
    expect(ids(await cli.json(['events', 'list']))).toEqual([second.id, first.id]);
    expect(ids(await cli.json(['events', 'list', '--all']))).toEqual([second.id, first.id]);
    expect(ids(await cli.json(argv`events list --type order.shipped --owner a`))).toEqual([
      first.id,
    ]);
    expect(ids(await cli.json(argv`events list --until 2020-01-01T00:00:00Z`))).toEqual([]);
  });

  test("S-100 ends with 4 for another tenant's event", async () => {
    await addType('order.shipped');
    const { id } = await publish('order.shipped', 1);
    const { cli: other } = await bench.newUser();
    expect((await other.run(['events', 'show', id])).exitCode).toBe(4);
  });
});

describe('events redeliver', () => {
  test('S-052 S-053 sends an event again to an endpoint that it went to, and a repeat sends nothing', async () => {
    const receiver = await startReceiver();
    await makeEndpoint(receiver.url);
    await addType('order.shipped');
    const { id } = await publish('order.shipped', 1);
    await eventually(() => expect(receiver.requests).toHaveLength(1));
    const command = argv`events redeliver ${id} --endpoint shop`;
    const again = await cli.json(command);
    expect(again.deliveries).toHaveLength(1);
    expect(await cli.json(command)).toEqual(again);
    await eventually(() => expect(receiver.requests).toHaveLength(2));
    expect(receiver.requests[1]?.body).toBe(receiver.requests[0]?.body);
    await receiver.close();
  });

  test('S-052 ends with 1 for an endpoint that it did not match', async () => {
    await addType('order.shipped');
    const { id } = await publish('order.shipped', 1);
    await makeEndpoint('http://localhost:9/');
    const result = await cli.run(argv`events redeliver ${id} --endpoint shop`);
    expect(result).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('not_matched') });
  });
});

describe('events types', () => {
  test('lists built-in types and own ones, and shows the schema of one', async () => {
    await addType('order.shipped');
    const { data } = await cli.json(['events', 'types']);
    const names = data.map(({ name }: { name: string }) => name);
    expect(names).toEqual(expect.arrayContaining(['ticket.created', 'order.shipped']));
    const own = await cli.run(['events', 'types', '--own']);
    expect(own.stdout).toMatch(/^order\.shipped\t/);
    const { stdout } = await cli.run(['events', 'types', 'ticket.created']);
    expect(stdout).toContain('Schema of its data:');
    expect((await cli.run(['events', 'types', 'no.such'])).exitCode).toBe(4);
    await cli.json(argv`events remove-type order.shipped --yes`);
    expect((await cli.run(['events', 'types', 'order.shipped'])).exitCode).toBe(4);
  });
});

describe('events tail', () => {
  const shown = (tail: RunningCli): string[] =>
    tail.lines().map((line) => (JSON.parse(line) as { id: string }).id);

  test('S-099 shows what follows an event as it happens, each once, of the types that it names', async () => {
    await addType('order.shipped');
    await addType('order.lost');
    const { id: before } = await publish('order.shipped', 1);
    const tail = cli.start(argv`events tail --json --after ${before} --type order.shipped`);
    const { id: during } = await publish('order.shipped', 2);
    await publish('order.lost', 3);
    const { id: last } = await publish('order.shipped', 4);
    await eventually(() => expect(shown(tail)).toEqual([during, last]));
    await tail.stop();
  });

  test('ends with 0 after so many, with 6 when they do not come, and with 4 after an unknown event', async () => {
    await addType('order.shipped');
    const { id: before } = await publish('order.shipped', 1);
    const { id } = await publish('order.shipped', 2);
    const one = await cli.run(argv`events tail --after ${before} --count 1`);
    expect(one).toMatchObject({ exitCode: 0, stdout: expect.stringContaining(id) });
    const none = await cli.run(argv`events tail --after ${id} --count 1 --timeout 1`);
    expect(none).toMatchObject({ exitCode: 6, stdout: '' });
    const unknown = argv`events tail --after ${toWireId('event', uuidv7())}`;
    expect((await cli.run(unknown)).exitCode).toBe(4);
  });
});
