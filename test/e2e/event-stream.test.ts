import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { tell } from '../../apps/gateway/events/tell.ts';
import { findStreamEnd, readStream } from '../../shared/db/queries/event-stream.ts';
import { toWireId } from '../../shared/domain/ids.ts';
import { publishEvent } from '../../shared/outbound/publish-event.ts';
import { apiAs, type ApiCaller } from '../support/api.ts';
import { eventually } from '../support/eventually.ts';
import { openEventStream, type OpenStream } from '../support/event-stream.ts';
import type { TestTenant } from '../support/factory.ts';
import { startTestStack, type TestStack } from '../support/stack.ts';

let stack: TestStack;
beforeAll(async () => {
  stack = await startTestStack();
});
afterAll(() => stack.stop());

interface Setting {
  readonly owner: TestTenant;
  readonly token: string;
  readonly caller: ApiCaller;
}

async function setting(): Promise<Setting> {
  const owner = await stack.factory.tenant();
  const { token } = await stack.factory.user(owner);
  return { owner, token, caller: apiAs(stack.gateway.url, token) };
}

async function publish({ caller }: Setting, resourceId = 'c-1'): Promise<string> {
  const data = { status: 'open' };
  const answer = await caller.post('/events', { type: 'conversation.updated', resourceId, data });
  expect(answer.status).toBe(201);
  return answer.body.data.id;
}

const idsOf = (stream: OpenStream): string[] => stream.messages.map(({ id }) => id);

/** Publishes in a transaction that stays open until it is let go. */
async function publishSlowly(owner: TestTenant): Promise<{ id: string; commit(): Promise<void> }> {
  let letGo = (): void => undefined;
  const wait = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  let published = (_id: string): void => undefined;
  const id = new Promise<string>((resolve) => {
    published = resolve;
  });
  const done = stack.factory.withTenant(owner.id, async (tx) => {
    const event = await publishEvent(tx, {
      type: 'conversation.updated',
      objectType: 'conversation',
      objectId: 'slow',
      deliveryId: null,
      data: { status: 'open' },
    });
    published(toWireId('event', event?.id ?? ''));
    await wait;
  });
  return {
    id: await id,
    commit() {
      letGo();
      return done;
    },
  };
}

describe('the event stream', () => {
  test('S-101 tells what happens from now on, as the list has it', async () => {
    const given = await setting();
    await publish(given);
    const stream = await openEventStream(stack.gateway.url, given.token);
    const ids = [await publish(given), await publish(given)];
    await eventually(() => expect(idsOf(stream)).toEqual(ids));
    const { body } = await given.caller.get('/events?limit=1');
    expect(stream.messages.at(-1)?.event).toEqual(body.data[0]);
    stream.close();
  });

  test('S-101 goes on after Last-Event-ID: what was missed first, then what happens', async () => {
    const given = await setting();
    const first = await publish(given);
    const missed: string[] = [];
    for (let n = 0; n < 250; n += 1) missed.push(await publish(given, `c-${n}`));
    const stream = await openEventStream(stack.gateway.url, given.token, first);
    await eventually(() => expect(idsOf(stream)).toEqual(missed));
    const next = await publish(given);
    await eventually(() => expect(idsOf(stream)).toEqual([...missed, next]));
    stream.close();
  });

  test('S-101 passes nothing by that commits late, and tells nothing twice', async () => {
    const given = await setting();
    const stream = await openEventStream(stack.gateway.url, given.token);
    const slow = await publishSlowly(given.owner);
    const ids = [slow.id, await publish(given), await publish(given)];
    await slow.commit();
    const after = await publish(given);
    await eventually(() => expect(idsOf(stream)).toEqual([...ids, after]));
    stream.close();
  });

  test('S-101 holds back what was recorded after a transaction that is still open', async () => {
    const given = await setting();
    const { withTenant } = stack.factory;
    const start = await withTenant(given.owner.id, findStreamEnd);
    const slow = await publishSlowly(given.owner);
    const second = await publish(given);
    const told = () => withTenant(given.owner.id, (tx) => readStream(tx, start, 10));
    expect(await told()).toEqual([]);
    await slow.commit();
    await eventually(async () => {
      const ids = (await told()).map(({ id }) => toWireId('event', id));
      expect(ids).toEqual([slow.id, second]);
    });
  });

  test('S-101 tells each of 200 events of 20 publishers once, over a break', async () => {
    const given = await setting();
    const before = await openEventStream(stack.gateway.url, given.token);
    const first = await publish(given);
    await eventually(() => expect(idsOf(before)).toEqual([first]));
    const published: string[] = [];
    const publishers = Array.from({ length: 20 }, async () => {
      for (let n = 0; n < 10; n += 1) published.push(await publish(given));
    });
    await eventually(() => expect(before.messages.length).toBeGreaterThan(20));
    before.close();
    await eventually(() => expect(before.hasEnded()).toBe(true));
    const last = before.messages.at(-1)?.id;
    const after = await openEventStream(stack.gateway.url, given.token, last);
    await Promise.all(publishers);
    const told = () => [...idsOf(before), ...idsOf(after)];
    await eventually(() => expect(told()).toHaveLength(201));
    expect(told().toSorted()).toEqual([first, ...published].toSorted());
    after.close();
  });

  test('S-127 tells nothing of another tenant', async () => {
    const [given, other] = [await setting(), await setting()];
    const stream = await openEventStream(stack.gateway.url, given.token);
    await publish(other);
    const own = await publish(given);
    await eventually(() => expect(idsOf(stream)).toEqual([own]));
    await expect(openEventStream(stack.gateway.url, other.token, own)).rejects.toThrow(/^404/);
    stream.close();
  });

  test('S-101 events from a dump, numbered by another server, do not hold it up', async () => {
    const given = await setting();
    const restored = await publish(given);
    await stack.database.admin.query(
      `update events set written_in = '999999999999'::xid8 where tenant_id = $1`,
      [given.owner.id],
    );
    const stream = await openEventStream(stack.gateway.url, given.token, restored);
    const next = await publish(given);
    await eventually(() => expect(idsOf(stream)).toEqual([next]));
    stream.close();
  });

  test('S-100 refuses to go on after an event that has expired, 410', async () => {
    const given = await setting();
    const old = toWireId('event', uuidv7({ msecs: Date.now() - 31 * 86_400_000 }));
    await expect(openEventStream(stack.gateway.url, given.token, old)).rejects.toThrow(/^410/);
  });

  test('S-126 is for who may, 401 and 403', async () => {
    const { owner } = await setting();
    const { token } = await stack.factory.user(owner, { permissions: [] });
    await expect(openEventStream(stack.gateway.url, token)).rejects.toThrow(/^403/);
    await expect(openEventStream(stack.gateway.url, 'tgu_unknown')).rejects.toThrow(/^401/);
  });

  test('is open ten times for a tenant, and a closed one makes room, 429', async () => {
    const given = await setting();
    const open = () => openEventStream(stack.gateway.url, given.token);
    const streams = await Promise.all(Array.from({ length: 10 }, open));
    await expect(open()).rejects.toThrow(/^429/);
    const other = await openEventStream(stack.gateway.url, (await setting()).token);
    streams[0]?.close();
    const again = await eventually(open);
    for (const stream of [...streams, other, again]) stream.close();
  });

  test('ends when the gateway stops', async () => {
    const given = await setting();
    const gateway = await stack.startGateway();
    const stream = await openEventStream(gateway.url, given.token);
    await gateway.close();
    await eventually(() => expect(stream.hasEnded()).toBe(true));
  });
});

describe('the text of a stream', () => {
  const from = { writtenIn: '0', id: '00000000-0000-0000-0000-000000000000' };
  const never = new AbortController().signal;

  async function chunks(isAllowed: boolean, count: number): Promise<(string | undefined)[]> {
    let now = 0;
    const text = tell(from, {
      read: () => Promise.resolve([]),
      isAllowed: () => Promise.resolve(isAllowed),
      nowMs: () => (now += 10_000),
      signal: never,
    });
    const found: (string | undefined)[] = [];
    for (let n = 0; n < count; n += 1) found.push((await text.next()).value as string | undefined);
    await text.return(undefined);
    return found;
  }

  test('has a comment now and then, so that nobody takes the connection for dead', async () => {
    expect(await chunks(true, 2)).toEqual(['retry: 2000\n\n', ': still here\n\n']);
  });

  test('S-126 ends once the caller may hear no more', async () => {
    expect(await chunks(false, 2)).toEqual(['retry: 2000\n\n', undefined]);
  });
});
