import { performance } from 'node:perf_hooks';
import { encodeCursor } from '../../shared/domain/cursor.ts';
import { apiAs, type ApiCaller } from '../support/api.ts';
import { automationKey } from '../support/automation.ts';
import type { TestTenant } from '../support/factory.ts';
import { summarise, type Latencies } from './load.ts';
import type { BenchStack } from './stack.ts';

/** Pages of one list: the first, and one behind nine tenths of all rows. */
export interface ListPages {
  readonly list: 'conversations' | 'tickets';
  /** What is filtered by, as a query; empty: nothing. */
  readonly filter: string;
  readonly first: Latencies;
  readonly deep: Latencies;
}

/** One in a hundred rows is assigned; one conversation in a thousand is snoozed, one ticket in progress. */
const rareEvery = 1_000;
const lists = {
  conversations: ['', 'status=open', 'status=snoozed', 'assignee=', 'externalUserId=visitor-1'],
  tickets: ['', 'status=submitted', 'status=in_progress', 'assignee=', 'priority=high'],
} as const;

/** A tenant whose lists are measured, and who reads them. */
export interface ListedTenant {
  readonly tenant: TestTenant;
  readonly userId: string;
  readonly api: ApiCaller;
}

export async function newListedTenant(stack: BenchStack): Promise<ListedTenant> {
  const tenant = await stack.factory.tenant();
  const { id: userId } = await stack.factory.user(tenant);
  const { secret } = await automationKey(stack, tenant);
  return { tenant, userId, api: apiAs(stack.gateway.url, secret) };
}

/** Fills a tenant up to so many conversations and as many tickets, by SQL. */
export async function fillDesk(
  { admin }: BenchStack,
  { tenant, userId }: ListedTenant,
  rows: number,
): Promise<void> {
  const visitors = rows / 100;
  const client = await admin.connect();
  try {
    await client.query('begin');
    // Nothing is checked row by row: every reference below is one that exists.
    await client.query('set local session_replication_role = replica');
    await client.query(
      `insert into visitors (tenant_id, id, session_id, external_user_id)
       select $1, gen_random_uuid(), gen_random_uuid(), 'visitor-' || n
       from generate_series((select count(*) + 1 from visitors where tenant_id = $1), $2::integer) n`,
      [tenant.id, visitors],
    );
    await client.query(
      `insert into conversations (tenant_id, id, visitor_id, assigned_agent_id, status, subject,
         resolved_at, created_at, updated_at)
       select $1, gen_random_uuid(), v.id, case when n % 100 = 0 then $3::uuid end, s.status,
         'Conversation ' || n, case when s.status = 'closed' then now() end,
         now() - make_interval(secs => n), now() - make_interval(secs => n)
       from generate_series((select count(*) + 1 from conversations where tenant_id = $1),
         $2::integer) n
       cross join lateral (select case when n % ${rareEvery} = 0 then 'snoozed'
         when n % 2 = 0 then 'closed' else 'open' end as status) s
       join visitors v on v.tenant_id = $1 and v.external_user_id = 'visitor-' || (1 + n % $4::integer)`,
      [tenant.id, rows, userId, visitors],
    );
    await client.query(
      `insert into tickets (tenant_id, id, number, title, assigned_to, status, resolved_at, priority,
         created_at, updated_at)
       select $1, gen_random_uuid(), n, 'Ticket ' || n, case when n % 100 = 0 then $3::uuid end,
         s.status, case when s.status = 'resolved' then now() end,
         case when n % 10 = 0 then 'high' else 'normal' end,
         now() - make_interval(secs => n), now() - make_interval(secs => n)
       from generate_series((select count(*) + 1 from tickets where tenant_id = $1),
         $2::integer) n
       cross join lateral (select case when n % ${rareEvery} = 0 then 'in_progress'
         when n % 2 = 0 then 'resolved' else 'submitted' end as status) s`,
      [tenant.id, rows, userId],
    );
    await client.query('commit');
  } finally {
    client.release();
  }
  // What autovacuum would have done by the time that so many had come in.
  for (const table of ['visitors', 'conversations', 'tickets']) {
    await admin.query(`vacuum (analyze) ${table}`);
  }
}

/** Pages of 20 of both lists, without a filter and with each of some. */
export async function measureLists(
  stack: BenchStack,
  listed: ListedTenant,
  reads: number,
): Promise<readonly ListPages[]> {
  const found: ListPages[] = [];
  for (const list of ['conversations', 'tickets'] as const) {
    const cursor = await deepCursor(stack, listed, list);
    for (const given of lists[list]) {
      const filter = given.endsWith('assignee=') ? `${given}${listed.userId}` : given;
      const page = (query: string) => timed(listed.api, `/${list}?${query}&${filter}`, reads);
      found.push({
        list,
        filter: given.replace(/=$/, ''),
        first: await page('limit=20'),
        deep: await page(`limit=20&cursor=${cursor}`),
      });
    }
  }
  return found;
}

async function deepCursor(
  { admin }: BenchStack,
  { tenant }: ListedTenant,
  list: ListPages['list'],
): Promise<string> {
  const { rows } = await admin.query<{ at: string; id: string }>(
    `select to_char(updated_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at, id
     from ${list} where tenant_id = $1 order by updated_at desc, id desc
     offset (select count(*) * 9 / 10 from ${list} where tenant_id = $1) limit 1`,
    [tenant.id],
  );
  const [row] = rows;
  if (row === undefined) throw new Error(`there are no ${list}`);
  return encodeCursor(row);
}

async function timed(api: ApiCaller, path: string, reads: number): Promise<Latencies> {
  const samplesMs: number[] = [];
  for (let n = 0; n < reads; n += 1) {
    const startedMs = performance.now();
    const { status, body } = await api.get(path);
    samplesMs.push(performance.now() - startedMs);
    if (status !== 200) throw new Error(`${path} was answered ${status}`);
    if (n === 0 && body.data.length === 0) throw new Error(`${path} has no rows`);
  }
  return summarise(samplesMs);
}
