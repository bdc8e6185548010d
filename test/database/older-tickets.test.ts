import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createOlderDatabase, type OlderDatabase } from '../support/older-database.ts';

/**
 * A service desk as a version before the automation API left it: two tenants, each with a board whose
 * tickets have been made by actions. The migrations that follow must find the status, priority and
 * moment of resolution of each, and let nothing of one tenant into another.
 */
let database: OlderDatabase;
const tenants = [randomUUID(), randomUUID()];
const ids = new Map<string, string>();
const idOf = (tenant: string, what: string): string => {
  const key = `${tenant} ${what}`;
  const id = ids.get(key) ?? randomUUID();
  ids.set(key, id);
  return id;
};

const insert = async (table: string, row: Readonly<Record<string, unknown>>): Promise<void> => {
  const columns = Object.keys(row);
  await database.admin.query(
    `insert into ${table} (${columns.join(', ')})
     values (${columns.map((_, index) => `$${index + 1}`).join(', ')})`,
    Object.values(row),
  );
};

/** Name, whether it is closed: in the order of the board. */
const statuses = [
  ['New', false],
  ['Working', false],
  ['Closed', true],
] as const;
const priorities = ['Critical', 'High', 'Medium', 'Low'] as const;
const changedAt = '2026-01-02T03:04:05.678912Z';

async function fill(tenant: string): Promise<void> {
  const of = (what: string) => ({ tenant_id: tenant, id: idOf(tenant, what) });
  await insert('tenants', {
    id: tenant,
    slug: tenant.replaceAll('-', '').slice(0, 12),
    name: 'Old',
  });
  await insert('clients', { ...of('client'), name: 'Client' });
  await insert('boards', { ...of('board'), name: 'Board' });
  const board_id = idOf(tenant, 'board');
  for (const [position, [name, is_closed]] of statuses.entries()) {
    await insert('ticket_statuses', { ...of(name), board_id, name, is_closed, position });
  }
  for (const [position, name] of priorities.entries()) {
    await insert('ticket_priorities', { ...of(name), name, position });
  }
  let number = 0;
  for (const [status] of statuses) {
    for (const priority of priorities) {
      number += 1;
      await insert('tickets', {
        ...of(`${status} ${priority}`),
        number,
        title: `${status} ${priority}`,
        client_id: idOf(tenant, 'client'),
        board_id,
        status_id: idOf(tenant, status),
        priority_id: idOf(tenant, priority),
        updated_at: changedAt,
      });
    }
  }
  await insert('invoices', {
    ...of('invoice'),
    client_id: idOf(tenant, 'client'),
    number: 'I-1',
    updated_at: changedAt,
  });
}

let ran: string[];
beforeAll(async () => {
  database = await createOlderDatabase('0019');
  for (const tenant of tenants) await fill(tenant);
  ran = await database.upgrade();
});
afterAll(() => database.drop());

describe('tickets of an older version', () => {
  test('S-116 have the status and priority that their rows stand for after the upgrade', async () => {
    expect(ran).toEqual(expect.arrayContaining(['0020_support_resources', '0022_desk_reads']));
    const { rows } = await database.admin.query(
      `select tenant_id, title, status, priority, resolved_at, client_id, number::integer
       from tickets`,
    );
    expect(rows).toHaveLength(2 * 12);
    const status = { New: 'submitted', Working: 'in_progress', Closed: 'resolved' };
    const priority = { Critical: 'urgent', High: 'high', Medium: 'normal', Low: 'low' };
    for (const tenant of tenants) {
      const own = rows.filter((row) => row.tenant_id === tenant);
      expect(own).toHaveLength(12);
      for (const row of own) {
        const [was, level] = row.title.split(' ') as ['New', 'Low'];
        expect(row, row.title).toMatchObject({
          status: status[was],
          priority: priority[level],
          client_id: idOf(tenant, 'client'),
        });
      }
    }
  });

  test('S-116 that were closed are resolved since they last changed, the others are not', async () => {
    const { rows } = await database.admin.query(
      `select title, resolved_at, updated_at from tickets`,
    );
    // To the millisecond from now on, rounded.
    const at = new Date('2026-01-02T03:04:05.679Z');
    for (const row of rows) {
      expect(row.updated_at, row.title).toEqual(at);
      expect(row.resolved_at, row.title).toEqual(row.title.startsWith('Closed') ? at : null);
    }
  });

  test('S-127 are behind their walls again, as is everything that the upgrade let down', async () => {
    const { rows } = await database.admin.query(
      `select relname, relforcerowsecurity from pg_class
       where relname in ('tickets', 'ticket_statuses', 'ticket_priorities')`,
    );
    expect(rows).toHaveLength(3);
    for (const row of rows) expect(row.relforcerowsecurity, row.relname).toBe(true);
  });

  test('S-116 go on in step with their board', async () => {
    const [tenant = ''] = tenants;
    const id = idOf(tenant, 'New Low');
    await database.admin.query(
      `update tickets set status_id = $3 where tenant_id = $1 and id = $2`,
      [tenant, id, idOf(tenant, 'Closed')],
    );
    const read = () =>
      database.admin.query(`select status, status_id from tickets where id = $1`, [id]);
    expect((await read()).rows).toMatchObject([{ status: 'resolved' }]);
    await database.admin.query(`update tickets set status = 'submitted' where id = $1`, [id]);
    expect((await read()).rows).toMatchObject([{ status_id: idOf(tenant, 'New') }]);
  });
});

describe('the rest of an older service desk', () => {
  test('S-114 keeps its moments, to the millisecond that lists show', async () => {
    const { rows } = await database.admin.query(
      `select updated_at::text from invoices where tenant_id = any($1)`,
      [tenants],
    );
    expect(rows).toHaveLength(2);
    for (const row of rows) expect(row.updated_at).toMatch(/05\.679\+/);
  });
});
