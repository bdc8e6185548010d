import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { TicketPriority, TicketStatus } from '../../shared/domain/ticket.ts';
import { makeActionBench, type ActionBench, type DeskHook } from '../support/action-bench.ts';
import { apiAs, type ApiCaller } from '../support/api.ts';
import { leastTicket } from '../support/desk.ts';
import { startTestStack, type TestStack } from '../support/stack.ts';

/**
 * One table holds the tickets of actions, which are on boards with rows of a tenant's own, and those of
 * the API with their four statuses and priorities. These tests write on one side and read on the other.
 */
let stack: TestStack;
let bench: ActionBench;
let hook: DeskHook;
let api: ApiCaller;

beforeAll(async () => {
  stack = await startTestStack();
  bench = await makeActionBench(stack);
  hook = await bench.hook();
  api = apiAs(stack.gateway.url, (await stack.factory.user(hook.tenant)).token);
});
afterAll(async () => {
  await bench.close();
  await stack.stop();
});

interface StatusRow {
  readonly name: string;
  readonly position: number;
  readonly isClosed?: boolean;
  readonly category?: string;
}

const addStatus = async (boardId: string, row: StatusRow): Promise<string> => {
  const id = randomUUID();
  await stack.database.admin.query(
    `insert into ticket_statuses (tenant_id, id, board_id, name, position, is_closed, category)
     values ($1, $2, $3, $4, $5, $6, $7)`,
    [
      hook.tenant.id,
      id,
      boardId,
      row.name,
      row.position,
      row.isClosed ?? false,
      row.category ?? null,
    ],
  );
  return id;
};

/** A board with the statuses that are given, by their names. */
const addBoard = async <const Rows extends readonly StatusRow[]>(rows: Rows) => {
  const boardId = randomUUID();
  await stack.database.admin.query(
    `insert into boards (tenant_id, id, name) values ($1, $2, 'Own')`,
    [hook.tenant.id, boardId],
  );
  const ids: Record<string, string> = {};
  for (const row of rows) ids[row.name] = await addStatus(boardId, row);
  return { boardId, ids: ids as Readonly<Record<Rows[number]['name'], string>> };
};

const addPriority = async (name: string, position: number, level?: string): Promise<string> => {
  const id = randomUUID();
  await stack.database.admin.query(
    `insert into ticket_priorities (tenant_id, id, name, position, level)
     values ($1, $2, $3, $4, $5)`,
    [hook.tenant.id, id, name, position, level ?? null],
  );
  return id;
};

/** A ticket of an action, with the external id that actions find it by. */
const create = async (fields: object = {}) => {
  const externalId = randomUUID();
  const outcome = await bench.run(hook, 'createTicket', {
    ...leastTicket(hook.desk),
    external_id: externalId,
    ...fields,
  });
  if (outcome.status !== 'dispatched') throw new Error(outcome.message);
  return { id: outcome.entityId ?? '', externalId };
};
const act = (externalId: string, fields: object) =>
  bench.run(hook, 'updateTicketByExternalId', { external_id: externalId, ...fields });
const move = (externalId: string, statusId: string) =>
  bench.run(hook, 'changeTicketStatusByExternalId', {
    external_id: externalId,
    status_id: statusId,
  });
const change = (ticketId: string, body: object) =>
  api.post('/tickets/update', { ticketId, ...body });
const read = async (id: string) => (await api.get(`/tickets/get?id=${id}`)).body;
const rowOf = async (id: string) => {
  const [row] = await bench.rows(hook, 'select * from tickets where tenant_id = $1 and id = $2', [
    id,
  ]);
  return row;
};

const wideBoard = [
  { name: 'New', position: 1 },
  { name: 'Accepted', position: 2 },
  { name: 'Doing', position: 3 },
  { name: 'On hold', position: 4, category: 'waiting_on_customer' },
  { name: 'Done', position: 5, isClosed: true },
  { name: 'Rejected', position: 6, isClosed: true },
  { name: 'Back again', position: 7, category: 'submitted' },
] as const;

describe('a status row that an action gives a ticket', () => {
  test.for([
    ['New', 'submitted'],
    ['Accepted', 'in_progress'],
    ['Doing', 'in_progress'],
    ['On hold', 'waiting_on_customer'],
    ['Done', 'resolved'],
    ['Rejected', 'resolved'],
    ['Back again', 'submitted'],
  ] as const)('S-116 %s is read as %s', async ([name, status]) => {
    const { boardId, ids } = await addBoard(wideBoard);
    const made = await create({ board_id: boardId, status_id: ids[name] });
    expect(await read(made.id)).toMatchObject({ status });
    const moved = await create({ board_id: boardId });
    await move(moved.externalId, ids[name]);
    expect(await read(moved.id)).toMatchObject({ status });
    expect(await rowOf(moved.id)).toMatchObject({ status_id: ids[name] });
  });

  test('S-116 of another board is read as what it stands for there', async () => {
    const { boardId, ids } = await addBoard([{ name: 'Over', position: 1, isClosed: true }]);
    const { id, externalId } = await create();
    await bench.run(hook, 'changeTicketStatusByExternalId', {
      external_id: externalId,
      board_id: boardId,
      status_id: ids.Over,
    });
    expect(await read(id)).toMatchObject({ status: 'resolved', resolvedAt: expect.any(String) });
  });

  test('S-025 of another board is still refused, and changes nothing', async () => {
    const { ids } = await addBoard([{ name: 'Elsewhere', position: 1, isClosed: true }]);
    const { id, externalId } = await create();
    const before = await rowOf(id);
    expect(await move(externalId, ids.Elsewhere)).toMatchObject({ field: 'status_id' });
    expect(await rowOf(id)).toEqual(before);
  });
});

describe('a priority row that an action gives a ticket', () => {
  test.for([
    ['Low', undefined, 'low'],
    ['lowest', undefined, 'low'],
    ['HIGH', undefined, 'high'],
    ['Critical incident', undefined, 'urgent'],
    ['Emergency', undefined, 'urgent'],
    ['Urgent', undefined, 'urgent'],
    ['P3', undefined, 'normal'],
    ['Not high', undefined, 'normal'],
    ['P1', 'urgent', 'urgent'],
    ['High five', 'low', 'low'],
  ] as const)('S-116 %s with the level %s is read as %s', async ([name, level, priority]) => {
    const priorityId = await addPriority(name, 50, level);
    const made = await create({ priority_id: priorityId });
    expect(await read(made.id)).toMatchObject({ priority });
    const changed = await create();
    await act(changed.externalId, { priority_id: priorityId });
    expect(await read(changed.id)).toMatchObject({ priority });
  });
});

describe('a status that the API gives a ticket on a board', () => {
  test.for([
    ['in_progress', 'Accepted'],
    ['waiting_on_customer', 'On hold'],
    ['resolved', 'Done'],
  ] as const satisfies readonly (readonly [TicketStatus, string])[])(
    'S-116 %s puts it in the first row that stands for it: %s',
    async ([status, name]) => {
      const { boardId, ids } = await addBoard(wideBoard);
      const { id } = await create({ board_id: boardId });
      expect(await change(id, { status })).toMatchObject({ status: 200 });
      expect(await read(id)).toMatchObject({ status });
      expect(await rowOf(id)).toMatchObject({ status_id: ids[name], board_id: boardId });
    },
  );

  test('S-116 leaves it in its row when that stands for the status already', async () => {
    const { boardId, ids } = await addBoard(wideBoard);
    const { id } = await create({ board_id: boardId, status_id: ids.Doing });
    await change(id, { status: 'in_progress', resolutionSummary: 'Soon' });
    expect(await rowOf(id)).toMatchObject({ status_id: ids.Doing });
  });

  test('S-117 that no row stands for is a conflict, and nothing is written', async () => {
    const { id } = await create();
    const before = await rowOf(id);
    const refused = await change(id, { status: 'waiting_on_customer', resolutionSummary: 'x' });
    expect(refused).toMatchObject({
      status: 409,
      body: { code: 'not_on_board', details: [{ pointer: '/status' }] },
    });
    expect(await rowOf(id)).toEqual(before);
  });

  test('S-116 does not take a row of another board', async () => {
    await addBoard(wideBoard);
    const { id } = await create();
    expect(await change(id, { status: 'in_progress' })).toMatchObject({ status: 409 });
  });
});

describe('a priority that the API gives a ticket on a board', () => {
  test('S-116 puts it in the first row that stands for it, together with its status', async () => {
    const first = await addPriority('Low (first)', 60);
    await addPriority('Low (second)', 61);
    const own = await bench.rows(
      hook,
      `select id from ticket_priorities
       where tenant_id = $1 and ticket_priority_level(tenant_id, id) = 'low' order by position`,
    );
    const { id } = await create();
    expect(await change(id, { priority: 'low', status: 'resolved' })).toMatchObject({
      status: 200,
    });
    expect(await rowOf(id)).toMatchObject({
      priority_id: own[0]?.['id'],
      status_id: hook.desk.statusIds.closed,
    });
    expect(own.map((row) => row['id'])).toContain(first);
  });

  test('S-117 that no row stands for is a conflict, and nothing is written', async () => {
    const other = await bench.hook();
    const stranger = apiAs(stack.gateway.url, (await stack.factory.user(other.tenant)).token);
    const outcome = await bench.run(other, 'createTicket', leastTicket(other.desk));
    const ticketId = outcome.status === 'dispatched' ? outcome.entityId : undefined;
    for (const priority of ['low', 'normal', 'urgent'] satisfies TicketPriority[]) {
      const body = { ticketId, priority, status: 'resolved' };
      expect(await stranger.post('/tickets/update', body)).toMatchObject({
        status: 409,
        body: { code: 'not_on_board', details: [{ pointer: '/priority' }] },
      });
    }
    const { body } = await stranger.get(`/tickets/get?id=${ticketId}`);
    expect(body).toMatchObject({ status: 'submitted', priority: 'high' });
  });
});

describe('the moment of the resolution', () => {
  test('S-116 is stamped by whoever resolves, kept while it is resolved, and cleared by whoever reopens', async () => {
    const { boardId, ids } = await addBoard(wideBoard);
    const { id, externalId } = await create({ board_id: boardId });
    expect(await read(id)).toMatchObject({ resolvedAt: null });

    await move(externalId, ids.Done);
    const byAction = await read(id);
    expect(Date.parse(byAction.resolvedAt)).toBeGreaterThanOrEqual(Date.parse(byAction.createdAt));
    await move(externalId, ids.Rejected);
    await change(id, { resolutionSummary: 'A duplicate' });
    expect(await read(id)).toMatchObject({ resolvedAt: byAction.resolvedAt });

    await change(id, { status: 'submitted' });
    expect(await read(id)).toMatchObject({ resolvedAt: null, resolutionSummary: 'A duplicate' });
    await change(id, { status: 'resolved' });
    const byApi = await read(id);
    expect(Date.parse(byApi.resolvedAt)).toBeGreaterThan(Date.parse(byAction.resolvedAt));
    await move(externalId, ids.New);
    expect(await read(id)).toMatchObject({ status: 'submitted', resolvedAt: null });
  });

  test('S-116 is there for a ticket that is made resolved', async () => {
    const { id } = await create({ status_id: hook.desk.statusIds.closed });
    expect(await read(id)).toMatchObject({ status: 'resolved', resolvedAt: expect.any(String) });
  });

  test('cannot be forged past the trigger', async () => {
    const { id } = await create();
    await stack.database.admin.query(`update tickets set resolved_at = now() where id = $1`, [id]);
    expect(await rowOf(id)).toMatchObject({ status: 'submitted', resolved_at: null });
  });
});

describe('a ticket on no board', () => {
  test('S-116 takes each status and priority, and never gets a row of a board', async () => {
    const { body } = await api.post('/tickets/create', { subject: 'Boardless' });
    for (const status of ['in_progress', 'waiting_on_customer', 'resolved', 'submitted'] as const) {
      for (const priority of ['low', 'urgent', 'high', 'normal'] as const) {
        expect(await change(body.id, { status, priority })).toMatchObject({ status: 200 });
        const ticket = await read(body.id);
        expect(ticket).toMatchObject({ status, priority });
        expect(ticket.resolvedAt === null).toBe(status !== 'resolved');
      }
    }
    expect(await rowOf(body.id)).toMatchObject({
      board_id: null,
      status_id: null,
      priority_id: null,
      client_id: null,
    });
  });

  test('is on no board in part either', async () => {
    const { body } = await api.post('/tickets/create', { subject: 'In part' });
    const half = stack.database.admin.query(
      `update tickets set priority_id = $2, board_id = $3 where id = $1`,
      [body.id, hook.desk.priorityId, hook.desk.boardId],
    );
    await expect(half).rejects.toThrow(/tickets_board_is_whole/);
  });
});

describe('the two sides at once', () => {
  test('S-116 leave row and status in step, whoever comes last', async () => {
    const { boardId, ids } = await addBoard(wideBoard);
    const { id, externalId } = await create({ board_id: boardId });
    const statuses = ['in_progress', 'resolved', 'submitted', 'waiting_on_customer'] as const;
    await Promise.all([
      ...statuses.map((status) => change(id, { status })),
      ...Object.values(ids).map((statusId) => move(externalId, statusId)),
    ]);
    const [row] = await bench.rows(
      hook,
      `select status = ticket_status_category(tenant_id, status_id) as is_in_step,
         (status = 'resolved') = (resolved_at is not null) as is_stamped
       from tickets where tenant_id = $1 and id = $2`,
      [id],
    );
    expect(row).toEqual({ is_in_step: true, is_stamped: true });
  });

  test('a row that is written with a status of its own has that of its board', async () => {
    const id = randomUUID();
    await stack.database.admin.query(
      `insert into tickets (tenant_id, id, number, title, client_id, board_id, status_id,
         priority_id, status, priority, resolved_at)
       values ($1, $2, 900001, 'Imported', $3, $4, $5, $6, 'resolved', 'low', now())`,
      [
        hook.tenant.id,
        id,
        hook.desk.clientId,
        hook.desk.boardId,
        hook.desk.statusIds.open,
        hook.desk.priorityId,
      ],
    );
    expect(await rowOf(id)).toMatchObject({
      status: 'submitted',
      priority: 'high',
      resolved_at: null,
    });
  });
});
