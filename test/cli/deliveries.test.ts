import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { makeApi } from '../../apps/cli/api.ts';
import { makeDeliveryFeed } from '../../apps/cli/delivery-feed.ts';
import { toWireId } from '../../shared/domain/ids.ts';
import { makeCli, type Cli, type RunningCli } from '../support/cli.ts';
import { eventually } from '../support/eventually.ts';
import { send, type TestHook, type TestTenant } from '../support/factory.ts';
import { startTestStack, type TestStack } from '../support/stack.ts';

let stack: TestStack;
let tenant: TestTenant;
let cli: Cli;
/** A hook that each test has to itself. */
let hook: TestHook;

beforeAll(async () => {
  stack = await startTestStack();
  tenant = await stack.factory.tenant();
  const { token } = await stack.factory.user(tenant);
  cli = makeCli({ TIDEGATE_URL: stack.gateway.url, TIDEGATE_TOKEN: token });
});
afterAll(async () => {
  await cli.close();
  await stack.stop();
});
beforeEach(async () => {
  hook = await stack.factory.hook(tenant);
});

/** Sends a body to the hook and returns the id of its delivery. */
async function deliver(body: unknown, headers: Record<string, string> = {}): Promise<string> {
  const answer = await send(stack.gateway.url, hook, body, { headers });
  return String(answer.body?.['delivery_id']);
}

describe('deliveries list', () => {
  test('S-045 lists newest first, by state, time and page', async () => {
    const first = await deliver({ title: 'first' });
    const failed = await deliver({});
    const listed = await cli.json(['deliveries', 'list', hook.slug]);
    expect(listed.data.map(({ id }: { id: string }) => id)).toEqual([failed, first]);
    const ofState = await cli.json(['deliveries', 'list', hook.slug, '--status', 'failed']);
    expect(ofState.data).toMatchObject([{ id: failed, dispatchStatus: 'failed' }]);
    const before = ['deliveries', 'list', hook.slug, '--to', '2020-01-01T00:00:00Z'];
    expect((await cli.json(before)).data).toEqual([]);
    const page = ['deliveries', 'list', hook.slug, '--page', '2', '--limit', '1'];
    expect(await cli.json(page)).toMatchObject({ data: [{ id: first }], page: 2, total: 2 });
  });

  test('shows what senders chose without letting it reach the terminal as a command', async () => {
    await deliver({ title: 'x' }, { 'x-request-id': 'key\u009b31m' });
    const { stdout } = await cli.run(['deliveries', 'list', hook.slug]);
    expect(stdout).toContain(String.raw`key\u009b31m`);
    expect(stdout).not.toContain('\u009b');
  });

  test('ends with 4 for a hook that the tenant does not have', async () => {
    const result = await cli.run(['deliveries', 'list', 'no-such-hook']);
    expect(result).toMatchObject({ exitCode: 4, stderr: expect.stringContaining('hooks list') });
  });
});

describe('deliveries show', () => {
  test('S-048 shows one delivery, and its body byte for byte', async () => {
    const body = '{"title": "Grüße",\r\n "n": 9007199254740993}';
    const id = await deliver(body);
    const { data } = await cli.json(['deliveries', 'show', hook.slug, id]);
    expect(data).toMatchObject({ id, dispatchStatus: 'dispatched', responseStatus: 200 });
    const raw = await cli.run(['deliveries', 'show', hook.slug, id, '--body']);
    expect(raw).toMatchObject({ exitCode: 0, stdout: body });
  });

  test('S-048 ends with 4 for a delivery of another hook', async () => {
    const id = await deliver({ title: 'mine' });
    const other = await stack.factory.hook(tenant);
    expect((await cli.run(['deliveries', 'show', other.slug, id])).exitCode).toBe(4);
  });

  test('S-041 ends with 3 where the body is for administrators and the caller is none', async () => {
    const id = await deliver({ title: 'not for all' });
    const permissions = ['inbound_webhook.read'];
    const agent = await stack.factory.user(tenant, { role: 'agent', permissions });
    const as = cli.as({ TIDEGATE_TOKEN: agent.token });
    expect((await as.run(['deliveries', 'show', hook.slug, id])).stdout).not.toContain(
      'not for all',
    );
    const raw = await as.run(['deliveries', 'show', hook.slug, id, '--body']);
    expect(raw).toMatchObject({ exitCode: 3, stdout: '' });
  });
});

describe('deliveries replay', () => {
  test('S-050 runs the stored body through the hook as it is now, and waits for the outcome', async () => {
    const id = await deliver({ title: 'again' });
    const { data } = await cli.json(['deliveries', 'replay', hook.slug, id, '--wait']);
    expect(data).toMatchObject({
      isReplay: true,
      replayedFrom: id,
      dispatchStatus: 'dispatched',
    });
    expect(data.id).not.toBe(id);
  });
});

describe('deliveries verify', () => {
  test('S-008 verifies the stored bytes again, with the key of the hook or a candidate', async () => {
    const id = await deliver({ title: 'judged' });
    const verify = ['deliveries', 'verify', hook.slug, id];
    expect((await cli.json(verify)).data).toMatchObject({ ok: true, refusal: null });
    const other = await cli.run([...verify, '--secret', 'another secret of length']);
    expect(other).toMatchObject({ exitCode: 6, stdout: expect.stringContaining('mismatch') });
    const header = ['--auth', 'hmac_sha256', '--signature-header', 'X-Other'];
    const moved = await cli.run([...verify, ...header, '--secret', hook.secret]);
    expect(moved).toMatchObject({ exitCode: 6 });
    expect(moved.stdout).toContain('Would verify (signature_elsewhere)');
  });

  test('does not take the secret that the environment has for sending as a candidate', async () => {
    const id = await deliver({ title: 'judged' });
    const env = { TIDEGATE_SECRET: 'another secret of length' };
    expect((await cli.run(['deliveries', 'verify', hook.slug, id], { env })).exitCode).toBe(0);
  });
});

describe('deliveries tail', () => {
  const shown = (tail: RunningCli): { id: string; dispatchStatus: string }[] =>
    tail.lines().map((line) => JSON.parse(line) as { id: string; dispatchStatus: string });

  test('S-045 shows what comes in while it runs, a JSON document a line, and nothing from before', async () => {
    const before = await deliver({ title: 'before' });
    const tail = cli.start([
      'deliveries',
      'tail',
      hook.slug,
      '--json',
      '--last',
      '1',
      '--interval',
      '100',
    ]);
    await eventually(() => expect(shown(tail)).toMatchObject([{ id: before }]));
    const during = [await deliver({ title: 'during' }), await deliver({})];
    await eventually(() => {
      const states = new Map(shown(tail).map(({ id, dispatchStatus }) => [id, dispatchStatus]));
      expect(during.map((id) => states.get(id))).toEqual(['dispatched', 'failed']);
    });
    await tail.stop();
    expect(shown(tail).filter(({ id }) => id === before)).toHaveLength(1);
  });

  test('ends with 0 once it showed so many, and with 6 when they did not come in time', async () => {
    const id = await deliver({ title: 'one' });
    const wait = ['deliveries', 'tail', hook.slug, '--status', 'dispatched', '--count', '1'];
    const found = await cli.run([...wait, '--last', '1']);
    expect(found).toMatchObject({ exitCode: 0, stdout: expect.stringContaining(id) });
    const none = await cli.run([...wait, '--timeout', '1', '--interval', '100']);
    expect(none).toMatchObject({
      exitCode: 6,
      stdout: '',
      stderr: expect.stringContaining('0 of 1'),
    });
  });
});

describe('what tail reads', () => {
  test('is all that came between two looks, in order, also when it fills several pages', async () => {
    const { token } = await stack.factory.user(tenant);
    const api = makeApi(() => ({ url: stack.gateway.url, token, tokenName: '' }));
    const address = `/inbound-webhooks/${toWireId('hook', hook.id)}/deliveries`;
    const feed = makeDeliveryFeed(api, address, { status: undefined, last: 0 });
    await deliver({ title: 'before' });
    expect(await feed.next()).toEqual({ deliveries: [], isComplete: true });
    const sent: string[] = [];
    for (let index = 0; index < 120; index += 1) sent.push(await deliver('not json'));
    const { deliveries, isComplete } = await feed.next();
    expect(deliveries.map(({ id }) => id)).toEqual(sent);
    expect(isComplete).toBe(true);
    expect((await feed.next()).deliveries).toEqual([]);
  });
});
