import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { apiAs, type ApiCaller } from '../support/api.ts';
import { insertTestDesk, type TestDesk } from '../support/desk.ts';
import { startTestStack, type TestStack } from '../support/stack.ts';

/**
 * S-114 for every list of the API that pages by keyset: each is a line of the table, with how a row of
 * it is stored. The rows are stored by SQL, because what is asked here is what the list makes of them.
 */
interface Listed {
  readonly path: string;
  readonly table: string;
  /** The member that the list is sorted by, and its column. */
  readonly sort: readonly [member: string, column: string];
  /** What a row needs beside tenant, id and sort value: its columns, and SQL for each; `n` counts rows. */
  readonly row: (tied: Tied) => Readonly<Record<string, string>>;
}

/** What rows refer to, as SQL. */
interface Tied {
  readonly client: string;
  readonly project: string;
  readonly phase: string;
  readonly taskStatus: string;
  readonly user: string;
  readonly sheet: string;
  readonly service: string;
}

const updated = ['updatedAt', 'updated_at'] as const;
const created = ['createdAt', 'created_at'] as const;
const unique = `gen_random_uuid()::text`;

const lists: readonly Listed[] = [
  {
    path: 'visitors',
    table: 'visitors',
    sort: ['lastSeenAt', 'last_seen_at'],
    row: () => ({ session_id: 'gen_random_uuid()' }),
  },
  {
    path: 'conversations',
    table: 'conversations',
    sort: updated,
    row: () => ({ subject: `'x'` }),
  },
  {
    path: 'tickets',
    table: 'tickets',
    sort: updated,
    row: () => ({ title: `'x'`, number: 'n' }),
  },
  {
    path: 'articles',
    table: 'articles',
    sort: updated,
    row: () => ({ title: `'x'`, slug: unique, content: `'x'`, position: 'n' }),
  },
  {
    path: 'collections',
    table: 'collections',
    sort: updated,
    row: () => ({ name: `'x'`, slug: unique, position: 'n' }),
  },
  {
    path: 'outbound',
    table: 'outbound_messages',
    sort: updated,
    row: () => ({ name: `'x'`, content: `'{"text":"x"}'` }),
  },
  { path: 'clients', table: 'clients', sort: updated, row: () => ({ name: `'x'` }) },
  {
    path: 'contacts',
    table: 'contacts',
    sort: updated,
    row: ({ client }) => ({ client_id: client, full_name: `'x'`, email: unique }),
  },
  {
    path: 'assets',
    table: 'assets',
    sort: updated,
    row: () => ({ asset_type: `'server'`, name: `'x'`, status: `'active'` }),
  },
  {
    path: 'invoices',
    table: 'invoices',
    sort: updated,
    row: ({ client }) => ({ client_id: client, number: unique }),
  },
  {
    path: 'projects',
    table: 'projects',
    sort: created,
    row: ({ client }) => ({ client_id: client, name: `'x'` }),
  },
  {
    path: 'project-tasks',
    table: 'project_tasks',
    sort: updated,
    row: ({ project, phase, taskStatus }) => ({
      project_id: project,
      phase_id: phase,
      project_status_mapping_id: taskStatus,
      name: `'x'`,
      task_type_key: `'task'`,
    }),
  },
  {
    path: 'time-entries',
    table: 'time_entries',
    sort: created,
    row: ({ user, sheet, service }) => ({
      user_id: user,
      time_sheet_id: sheet,
      work_item_type: `'ad_hoc'`,
      service_id: service,
      start_time: 'now()',
      duration_minutes: '30',
      billable_minutes: '0',
    }),
  },
];
const named = lists.map((listed): [string, Listed] => [listed.path, listed]);

let stack: TestStack;
beforeAll(async () => {
  stack = await startTestStack();
});
afterAll(() => stack.stop());

interface Shown {
  readonly id: string;
  /** The sort value, as the list shows it. */
  readonly at: string;
}

interface Page {
  readonly rows: readonly Shown[];
  readonly nextCursor: string | null;
  readonly hasMore: boolean;
}

/** One list of a tenant of its own, whose rows are stored and touched past the API. */
interface ListBench {
  readonly api: ApiCaller;
  /** Stores rows with one sort value, newer than any that was there before when none is given. */
  add(count: number, at?: string): Promise<readonly string[]>;
  /** Makes a row the newest. */
  touch(id: string): Promise<void>;
  page(query?: string): Promise<Page>;
}

async function makeListBench({ path, table, sort, row }: Listed): Promise<ListBench> {
  const tenant = await stack.factory.tenant();
  const desk = await insertTestDesk(stack.database.admin, tenant);
  const columns = row(await tieTo(tenant.id, desk));
  const api = apiAs(stack.gateway.url, (await stack.factory.user(tenant)).token);
  const [member, column] = sort;
  const { admin } = stack.database;
  let stored = 0;
  return {
    api,
    async add(count, at) {
      stored += count;
      const { rows } = await admin.query<{ id: string }>(
        `insert into ${table} (tenant_id, id, ${column}, ${Object.keys(columns).join(', ')})
         select $1, gen_random_uuid(), coalesce($2::timestamptz, clock_timestamp()),
           ${Object.values(columns).join(', ')}
         from generate_series($3::integer + 1, $4::integer) n returning id`,
        [tenant.id, at ?? null, stored - count, stored],
      );
      return rows.map(({ id }) => id);
    },
    async touch(id) {
      await admin.query(
        `update ${table} set ${column} = clock_timestamp() where tenant_id = $1 and id = $2`,
        [tenant.id, id],
      );
    },
    async page(query = '') {
      const { status, body } = await api.get(`/${path}?${query}`);
      expect(status, JSON.stringify(body)).toBe(200);
      expect(Object.keys(body).toSorted()).toEqual(['data', 'hasMore', 'nextCursor']);
      const { data, ...rest } = body as { data: Record<string, string>[] } & Omit<Page, 'rows'>;
      return {
        ...rest,
        rows: data.map((item) => ({ id: item['id'] ?? '', at: item[member] ?? '' })),
      };
    },
  };
}

async function tieTo(tenantId: string, desk: TestDesk): Promise<Tied> {
  const sheetId = randomUUID();
  await stack.database.admin.query(
    `insert into time_sheets (tenant_id, id, time_period_id, user_id) values ($1, $2, $3, $4)`,
    [tenantId, sheetId, desk.timePeriodId, desk.userId],
  );
  const sql = (id: string) => `'${id}'::uuid`;
  return {
    client: sql(desk.clientId),
    project: sql(desk.project.id),
    phase: sql(desk.project.phaseIds[0]),
    taskStatus: sql(desk.project.statusIds[0]),
    user: sql(desk.userId),
    sheet: sql(sheetId),
    service: sql(desk.serviceId),
  };
}

/** All pages, with whatever happens while each is read. */
async function readAll(bench: ListBench, query: string, meanwhile = async () => {}) {
  const rows: Shown[] = [];
  let cursor: string | null = null;
  do {
    const after: string = cursor === null ? '' : `&cursor=${cursor}`;
    const [page] = await Promise.all([bench.page(query + after), meanwhile()]);
    expect(page.hasMore).toBe(page.nextCursor !== null);
    rows.push(...page.rows);
    cursor = page.nextCursor;
  } while (cursor !== null);
  return rows;
}

/** The order that lists promise: the newest first, and by id where moments are the same. */
const inOrder = (rows: readonly Shown[]): Shown[] =>
  rows.toSorted((a, b) => compare(b.at, a.at) || compare(b.id, a.id));
const compare = (a: string, b: string): number => Number(a > b) - Number(a < b);

const tie = '2026-03-01T12:00:00.123Z';
const tiedRows = 2_050;

describe.for(named)('the list of %s', ([, listed]) => {
  test('S-114 gives 2,050 rows of one sort value once each, while others come, go up and stay', async () => {
    const bench = await makeListBench(listed);
    const tied = await bench.add(tiedRows, tie);
    const older = await bench.add(30, '2026-02-01T00:00:00Z');
    const moved = [...older];
    const seen = await readAll(bench, 'limit=100', async () => {
      await bench.add(1);
      await bench.add(1, '2026-01-01T00:00:00Z');
      const next = moved.pop();
      if (next !== undefined) await bench.touch(next);
    });
    const ids = seen.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const counted = new Set(ids);
    expect(tied.filter((id) => !counted.has(id))).toEqual([]);
    // Those that were not touched follow behind, so the end was reached.
    expect(moved.filter((id) => !counted.has(id))).toEqual([]);
    expect(seen).toEqual(inOrder(seen));
  });

  test('S-114 has 20 rows a page unless asked, and never fewer than 1 or more than 100', async () => {
    const bench = await makeListBench(listed);
    await bench.add(130);
    for (const [limit, size] of [
      ['', 20],
      ['limit=7', 7],
      ['limit=100', 100],
      ['limit=101', 100],
      ['limit=99999999999', 100],
      ['limit=0', 1],
      ['limit=-5', 1],
      ['limit=ten', 20],
      ['limit=', 20],
      ['limit=3.9', 3],
    ] as const) {
      expect((await bench.page(limit)).rows, limit).toHaveLength(size);
    }
  });

  test('S-114 ends with its last full page, and says so', async () => {
    const bench = await makeListBench(listed);
    const before = (await readAll(bench, 'limit=100')).length;
    await bench.add(2 * 15 - before);
    const first = await bench.page('limit=15');
    expect(first).toMatchObject({ hasMore: true, nextCursor: expect.any(String) });
    expect(await bench.page(`limit=15&cursor=${first.nextCursor}`)).toMatchObject({
      hasMore: false,
      nextCursor: null,
    });
  });

  test('S-114 takes only cursors that it gave out', async () => {
    const bench = await makeListBench(listed);
    await bench.add(3);
    const { nextCursor } = await bench.page('limit=1');
    // Opaque: it can stand in an address as it is.
    expect(nextCursor).toMatch(/^[A-Za-z0-9_-]+$/);
    const forged = [
      'x',
      '1760000000000',
      `${nextCursor}A`,
      nextCursor?.slice(1),
      btoa(`${tie} 1`),
      btoa(`2026-03-01 ${randomUUID()}`),
    ];
    for (const cursor of forged) {
      const answer = await bench.api.get(
        `/${listed.path}?cursor=${encodeURIComponent(cursor ?? '')}`,
      );
      expect(answer, cursor).toMatchObject({ status: 400, body: { code: 'cursor_invalid' } });
    }
  });

  test('S-114 leaves out what is not newer than a moment, by ISO 8601 and by milliseconds', async () => {
    const bench = await makeListBench(listed);
    // As the database has the time: with microseconds, of which the list shows none.
    for (let count = 0; count < 5; count += 1) await bench.add(1);
    const { rows } = await bench.page();
    for (const [index, { at }] of rows.slice(0, 5).entries()) {
      const newer = rows.slice(0, index).filter((row) => row.at > at);
      for (const since of [at, String(Date.parse(at)), at.replace('Z', '%2B00:00')]) {
        expect((await bench.page(`updatedSince=${since}`)).rows, since).toEqual(newer);
      }
      const before = String(Date.parse(at) - 1);
      expect((await bench.page(`updatedSince=${before}`)).rows).toContainEqual(rows[index]);
    }
    const all = await readAll(bench, `limit=2&updatedSince=${rows[4]?.at}`);
    expect(all).toEqual(rows.filter(({ at }) => at > (rows[4]?.at ?? '')));
    for (const since of ['yesterday', '-1', '2026-03-01', '1e12', '99999999999999999']) {
      const answer = await bench.api.get(`/${listed.path}?updatedSince=${since}`);
      expect(answer, since).toMatchObject({ status: 400, body: { code: 'validation_failed' } });
    }
  });
});
