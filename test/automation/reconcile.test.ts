import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseEventId, toWireId } from '../../shared/domain/ids.ts';
import { apiAs, type ApiCaller } from '../support/api.ts';
import { automationKey } from '../support/automation.ts';
import { startDeskWriter } from '../support/desk-writer.ts';
import { eventually } from '../support/eventually.ts';
import { seededRandom, startExample, type RunningExample } from '../support/example.ts';
import { startHttpMiddle, type HttpMiddle, type PassingRequest } from '../support/http-middle.ts';
import { startTestStack, type TestStack } from '../support/stack.ts';
import type { Gateway } from '../../apps/gateway/gateway.ts';
import type { TestTenant } from '../support/factory.ts';

// Goal: the copy that the example keeps is the server's state, and its journal has each event once,
// whatever happened meanwhile. Method: writers change everything all the time, some in transactions that
// commit seconds after they took their moments; the program is killed at requests that a seed chooses,
// and the gateway is away for a while.

const seed = Date.now() % 1_000_000;
const kills = 18;
/** Longer than any of the writers' transactions, on a busy machine too. */
const overlapMs = 12_000;
const longestHoldMs = 2_500;

let stack: TestStack;
let gateway: Gateway;
let middle: HttpMiddle;
let dir: string;

beforeAll(async () => {
  stack = await startTestStack();
  gateway = stack.gateway;
  middle = await startHttpMiddle(gateway.url);
  dir = mkdtempSync(path.join(os.tmpdir(), 'tidegate-reconcile-'));
});
afterAll(async () => {
  await middle.close();
  await stack.stop();
  rmSync(dir, { recursive: true });
});

interface Desk {
  readonly tenant: TestTenant;
  readonly file: string;
  readonly api: () => ApiCaller;
  run(args?: readonly string[], env?: Readonly<Record<string, string>>): RunningExample;
}

/** By the token of a user, whose requests are not counted: it is asked more than a key may in a minute. */
async function openDesk(key?: string): Promise<Desk> {
  const tenant = await stack.factory.tenant();
  const { token } = await stack.factory.user(tenant);
  const file = path.join(dir, `${tenant.slug}.db`);
  return {
    tenant,
    file,
    api: () => apiAs(gateway.url, token),
    run: (args = [], env = {}) =>
      startExample(
        'reconcile',
        {
          TIDEGATE_URL: middle.url,
          TIDEGATE_KEY: key ?? token,
          RECONCILE_FILE: file,
          RECONCILE_OVERLAP_MS: String(overlapMs),
          RECONCILE_PAGE_ROWS: '7',
          RECONCILE_POLL_MS: '50',
          ...env,
        },
        args,
      ),
  };
}

async function runOnce(desk: Desk, env: Readonly<Record<string, string>> = {}): Promise<void> {
  const run = desk.run(['--once'], env);
  expect(await run.exited, run.output()).toBe(0);
}

type Rows = Record<string, unknown>;
const lists = ['visitors', 'conversations', 'tickets', 'articles'] as const;

/** All rows of a list by id, without the members that change with the clock. */
async function serverRows({ api }: Desk, list: string, query = ''): Promise<Rows> {
  const rows: Rows = {};
  let cursor: string | null = null;
  do {
    const after: string = cursor === null ? '' : `&cursor=${cursor}`;
    const { status, body } = await api().get(`/${list}?limit=100${query}${after}`);
    expect(status).toBe(200);
    for (const { claim: _claim, automationEligible: _eligible, ...row } of body.data) {
      rows[row.id] = row;
    }
    cursor = body.nextCursor;
  } while (cursor !== null);
  return rows;
}

/** What the server has, list by list, messages among them. */
async function serverState(desk: Desk): Promise<Record<string, Rows>> {
  const state: Record<string, Rows> = {};
  for (const list of lists) state[list] = await serverRows(desk, list);
  const messages: Rows = {};
  for (const id of Object.keys(state['conversations'] ?? {})) {
    const query = `&conversationId=${id}`;
    Object.assign(messages, await serverRows(desk, 'conversations/messages', query));
  }
  return { ...state, messages };
}

interface JournalLine {
  readonly kind: string;
  readonly resource: string;
  readonly id: string;
  readonly body: string;
}

function readCopy({ file }: Desk): {
  readonly state: Record<string, Rows>;
  readonly journal: readonly JournalLine[];
} {
  const db = new DatabaseSync(file, { readOnly: true });
  try {
    const state: Record<string, Rows> = Object.fromEntries(
      [...lists, 'messages'].map((list) => [list, {}]),
    );
    for (const { resource, id, body } of db.prepare('select * from copies').all()) {
      (state[String(resource)] ??= {})[String(id)] = JSON.parse(String(body));
    }
    const journal = db.prepare('select kind, resource, id, body from journal order by seq').all();
    return { state, journal: journal as unknown as JournalLine[] };
  } finally {
    db.close();
  }
}

const eventIdsOf = (journal: readonly JournalLine[]): string[] =>
  journal
    .filter(({ kind }) => kind === 'event')
    .map(({ id }) => id)
    .toSorted();

async function serverEventIds({ tenant }: Desk): Promise<string[]> {
  const { rows } = await stack.database.admin.query<{ id: string }>(
    'select id from events where tenant_id = $1',
    [tenant.id],
  );
  return rows.map(({ id }) => toWireId('event', parseEventId(id))).toSorted();
}

/** What the journal says of rows leads to the copy, and says nothing twice. */
function expectJournalTellsCopy({ state, journal }: ReturnType<typeof readCopy>): void {
  const told = new Map<string, string>();
  for (const { kind, resource, id, body } of journal) {
    if (kind !== 'changed' && kind !== 'removed') continue;
    const key = `${resource}/${id}`;
    expect(told.get(key), `${key} is told twice`).not.toBe(body);
    if (kind === 'changed') told.set(key, body);
    else told.delete(key);
  }
  const rows = Object.entries(state).flatMap(([resource, rows]) =>
    Object.entries(rows).map(([id, row]) => [`${resource}/${id}`, row] as const),
  );
  const parsed = [...told].map(([key, body]) => [key, JSON.parse(body)] as const);
  expect(Object.fromEntries(parsed)).toEqual(Object.fromEntries(rows));
}

/** Runs the program until the request with a number, and ends it before or after that. */
async function runUntilKilled(desk: Desk, random: () => number): Promise<void> {
  const number = 1 + Math.floor(random() * 30);
  const isAfter = random() < 0.7;
  // Into the transaction that follows an answer, or past it.
  const laterMs = random() * 8;
  const run = desk.run();
  const end = async (request: PassingRequest): Promise<void> => {
    if (request.number !== number) return;
    if (isAfter) setTimeout(run.kill, laterMs);
    else run.kill();
  };
  middle.watch(isAfter ? { after: end } : { before: end });
  await run.exited;
  middle.watch({});
}

describe('the example that keeps a copy', () => {
  test(
    `S-143 is in step and has told each event once after ${kills} kills and an outage (seed ${seed})`,
    { timeout: 400_000 },
    async () => {
      const random = seededRandom(seed);
      const desk = await openDesk();
      const { tenant, api } = desk;
      const writer = startDeskWriter({
        factory: stack.factory,
        tenant,
        api,
        random: seededRandom(seed + 1),
        longestHoldMs,
      });
      await eventually(() => expect(writer.writes()).toBeGreaterThan(100));
      for (let kill = 0; kill < kills; kill += 1) {
        if (kill === kills / 2) await withoutGateway(desk, random);
        await runUntilKilled(desk, random);
      }
      await writer.stop();
      const run = desk.run();
      const [state, eventIds] = [await serverState(desk), await serverEventIds(desk)];
      // Rows can be there before events: the walk that was cut off goes on before a new one begins.
      await eventually(() => {
        expect(readCopy(desk).state).toEqual(state);
        expect(eventIdsOf(readCopy(desk).journal)).toEqual(eventIds);
      }, 90_000);
      await run.stop();
      const copy = readCopy(desk);
      expect(eventIdsOf(copy.journal)).toEqual(eventIds);
      expect(copy.state).toEqual(state);
      expectJournalTellsCopy(copy);
      for (const rows of Object.values(copy.state)) {
        expect(Object.keys(rows).length).toBeGreaterThan(5);
      }
      expect(copy.journal.some(({ kind }) => kind === 'removed')).toBe(true);
    },
  );

  /** The program waits for a gateway that is away, is killed while it does, and waits again. */
  async function withoutGateway(desk: Desk, random: () => number): Promise<void> {
    await gateway.close();
    const run = desk.run();
    await eventually(() => expect(run.output()).toContain('waits'));
    run.kill();
    await run.exited;
    const waiting = desk.run();
    await sleep(random() * 1_000);
    gateway = await stack.startGateway();
    middle.lead(gateway.url);
    await eventually(() => expect(waiting.output()).toContain('in step'), 60_000);
    waiting.kill();
    await waiting.exited;
  }

  test('S-143 works with a key, and a second one does not touch its file', async () => {
    const tenantOfKey = await openDesk();
    const { secret } = await automationKey(stack, tenantOfKey.tenant);
    const { body: ticket } = await tenantOfKey.api().post('/tickets/create', { subject: 'One' });
    const first = tenantOfKey.run([], { TIDEGATE_KEY: secret });
    await eventually(() => expect(first.output()).toContain('in step'));
    const second = tenantOfKey.run([], { TIDEGATE_KEY: secret });
    expect(await second.exited).toBe(1);
    expect(await first.stop()).toBe(0);
    expect(Object.keys(readCopy(tenantOfKey).state['tickets'] ?? {})).toEqual([ticket.id]);
  });

  test('S-143 finds by a sweep what is gone without an event', async () => {
    const desk = await openDesk();
    const made = ['One', 'Two'].map((title) =>
      desk.api().post('/articles/create', { title, content: title }),
    );
    const [gone, stays] = (await Promise.all(made)).map(({ body }) => body.id as string);
    await runOnce(desk);
    await stack.database.admin.query('delete from articles where id = $1', [gone]);
    await runOnce(desk);
    expect(Object.keys(readCopy(desk).state['articles'] ?? {})).toHaveLength(2);
    await runOnce(desk, { RECONCILE_SWEEP_HOURS: '0' });
    expect(Object.keys(readCopy(desk).state['articles'] ?? {})).toEqual([stays]);
  });

  test('S-143 says which events it may have missed when it was away for longer than they are kept', async () => {
    const desk = await openDesk();
    await desk.api().post('/visitors/create', { name: 'Early' });
    await runOnce(desk);
    const db = new DatabaseSync(desk.file);
    // As if it had run last 40 days ago.
    db.exec(
      `update lists set progress = json_set(progress, '$.walkedMs',
        json_extract(progress, '$.walkedMs') - 40 * 86400000) where name = 'events'`,
    );
    db.close();
    await runOnce(desk);
    const gaps = readCopy(desk).journal.filter(({ kind }) => kind === 'gap');
    expect(gaps).toHaveLength(1);
    const { from, until } = JSON.parse(gaps[0]?.body ?? '') as Record<string, string>;
    const days = (Date.parse(until ?? '') - Date.parse(from ?? '')) / 86_400_000;
    expect(days).toBeCloseTo(11, 1);
  });
});
