import { readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { fromWireId, toWireId } from '../../shared/domain/ids.ts';
import { apiAs, type ApiAnswer } from '../support/api.ts';
import type { TestHook } from '../support/factory.ts';
import { besideBare, inFlight, type Comparison, type Load } from './beside-bare.ts';
import { keepInFlight, openLoop, summarise, type Latencies } from './load.ts';
import { childrenOf, perUnit, processorTime, type ProcessorTime } from './processor-time.ts';
import { postOnce } from './sender.ts';
import type { BenchStack } from './stack.ts';

const pollMs = 500;
const pagesRead = 100;

/** Acknowledgements at a fixed rate, and whether each of them was kept, once. */
export interface Acknowledgement {
  readonly latencies: Latencies;
  readonly errors: number;
  readonly drainedAfterSeconds: number;
  readonly lost: number;
  readonly doubled: number;
}

export async function measureAcknowledgement(
  stack: BenchStack,
  load: { readonly perSecond: number; readonly seconds: number },
): Promise<Acknowledgement> {
  const hook = await stack.newHook();
  const ids: string[] = [];
  const { latencies, errors } = await openLoop(load, async () => {
    const { deliveryId } = await postOnce(stack.gateway.url, hook, 'acceptance');
    ids.push(String(fromWireId('delivery', deliveryId)));
  });
  const drainedAfterSeconds = await untilDrained(stack, hook);
  return { latencies, errors, drainedAfterSeconds, ...(await audit(stack, hook, ids)) };
}

/** Waits until a hook's deliveries all have their outcome; gives how long that took, in seconds. */
async function untilDrained(stack: BenchStack, hook: TestHook): Promise<number> {
  const startedMs = performance.now();
  for (;;) {
    const { rows } = await stack.admin.query<{ n: number }>(
      `select count(*)::integer as n from inbound_deliveries
       where tenant_id = $1 and dispatch_status = 'pending'`,
      [hook.tenant.id],
    );
    if (rows[0]?.n === 0) return (performance.now() - startedMs) / 1_000;
    await sleep(pollMs);
  }
}

/** Holds what was acknowledged against what is stored: one dispatched row and one ticket for each. */
async function audit(stack: BenchStack, hook: TestHook, ids: readonly string[]) {
  const { rows } = await stack.admin.query<{ lost: number; doubled: number }>(
    `with acknowledged as (select unnest($2::uuid[]) as id),
      effects as (
        select a.id, count(t.id) filter (where d.dispatch_status = 'dispatched') as n
        from acknowledged a
        left join inbound_deliveries d on d.tenant_id = $1 and d.id = a.id
        left join tickets t
          on t.tenant_id = $1 and (t.attributes->>'delivery_id')::uuid = a.id
        group by a.id)
     select (count(*) filter (where n = 0))::integer as lost,
       (count(*) filter (where n > 1))::integer as doubled
     from effects`,
    [hook.tenant.id, ids],
  );
  return rows[0] ?? { lost: NaN, doubled: NaN };
}

/** The outcome of a direct action, one request after the other. */
export async function measureOutcome(stack: BenchStack, seconds: number): Promise<Latencies> {
  const hook = await stack.newHook();
  const load = { inFlight: 1, seconds };
  return (await keepInFlight(load, () => sendOne(stack, hook))).latencies;
}

async function sendOne(stack: BenchStack, hook: TestHook): Promise<void> {
  await postOnce(stack.gateway.url, hook, 'outcome');
}

/** Completed deliveries against the bare engine. */
export async function measureThroughput(stack: BenchStack, load: Load): Promise<Comparison> {
  const hook = await stack.newHook();
  return besideBare(stack, load, async (run) => {
    const before = await dispatchedOf(stack, hook);
    const { elapsedSeconds } = await keepInFlight(run, () => sendOne(stack, hook));
    const count = (await dispatchedOf(stack, hook)) - before;
    await untilDrained(stack, hook);
    return { count, elapsedSeconds };
  });
}

/** Deliveries of a hook that have their effect: an answer alone may only mean "accepted". */
async function dispatchedOf(stack: BenchStack, hook: TestHook): Promise<number> {
  const { rows } = await stack.admin.query<{ n: number }>(
    `select count(*)::integer as n from inbound_deliveries
     where tenant_id = $1 and dispatch_status = 'dispatched'`,
    [hook.tenant.id],
  );
  return rows[0]?.n ?? NaN;
}

export interface Fairness {
  readonly alone: Latencies;
  readonly beside: Latencies;
  /** How much of the noisy tenant's backlog was left when the measurement ended. */
  readonly backlogLeft: number;
}

/** A quiet tenant's outcomes, alone and beside a noisy one's backlog of accepted deliveries. */
export async function measureFairness(
  stack: BenchStack,
  load: { readonly backlog: number; readonly seconds: number },
): Promise<Fairness> {
  const [quiet, noisy] = [await stack.newHook(), await stack.newHook()];
  const quietly = async (): Promise<Latencies> =>
    (await openLoop({ perSecond: 4, seconds: load.seconds }, () => sendOne(stack, quiet)))
      .latencies;
  const alone = await quietly();
  let sent = 0;
  const lanes = Array.from({ length: inFlight }, async () => {
    while ((sent += 1) <= load.backlog) {
      // Refused on an overloaded machine: sent again.
      await postOnce(stack.gateway.url, noisy, 'acceptance').catch(() => void (sent -= 1));
    }
  });
  await Promise.all(lanes);
  const beside = await quietly();
  const { rows } = await stack.admin.query<{ n: number }>(
    `select count(*)::integer as n from inbound_deliveries
     where tenant_id = $1 and dispatch_status = 'pending'`,
    [noisy.tenant.id],
  );
  await untilDrained(stack, noisy);
  return { alone, beside, backlogLeft: rows[0]?.n ?? NaN };
}

/** What a hook's work takes when so many of its deliveries are stored already. */
export interface WithStored {
  /** Outcomes, one at a time. */
  readonly outcomes: Latencies;
  /** Pages of its log by cursor, from the newest on. */
  readonly pages: Latencies;
  /** Pages by number, which count every delivery. */
  readonly numberedPages: Latencies;
}

export async function measureWithStored(
  stack: BenchStack,
  hook: TestHook,
  load: { readonly stored: number; readonly seconds: number },
): Promise<WithStored> {
  await stack.admin.query(
    `insert into inbound_deliveries (tenant_id, id, hook_id, request_method, request_path, body,
       auth_status, dispatch_status, idempotency_key, workflow_id, outcome, received_at)
     select $1, uuidv7(make_interval(secs => -n)), $2, 'POST', '/', '{}', 'verified', 'dispatched',
       'stored-' || n, 'in/stored/' || n, '{"status":"dispatched"}',
       now() - make_interval(secs => n)
     from generate_series(
       (select count(*) + 1 from inbound_deliveries where tenant_id = $1), $3::integer) as n`,
    [hook.tenant.id, hook.id, load.stored],
  );
  // What autovacuum would have done by the time that so many had come in.
  await stack.admin.query('vacuum (analyze) inbound_deliveries');
  const run = { inFlight: 1, seconds: load.seconds };
  const outcomes = (await keepInFlight(run, () => sendOne(stack, hook))).latencies;
  return { outcomes, ...(await measurePages(stack, hook)) };
}

async function measurePages(
  stack: BenchStack,
  hook: TestHook,
): Promise<Pick<WithStored, 'pages' | 'numberedPages'>> {
  const { token } = await stack.factory.user(hook.tenant);
  const api = apiAs(stack.gateway.url, token);
  const path = `/inbound-webhooks/${toWireId('hook', hook.id)}/deliveries`;
  const timed = async (query: string, samplesMs: number[]): Promise<ApiAnswer> => {
    const startedMs = performance.now();
    const answer = await api.get(`${path}?${query}`);
    samplesMs.push(performance.now() - startedMs);
    if (answer.status !== 200) throw new Error(`a page was answered ${answer.status}`);
    return answer;
  };
  const byCursor: number[] = [];
  const byNumber: number[] = [];
  const first = 'limit=25';
  let query = first;
  for (let n = 1; n <= pagesRead; n += 1) {
    const { body } = await timed(query, byCursor);
    query = body.nextCursor === null ? first : `${first}&cursor=${body.nextCursor}`;
    await timed(`limit=25&page=${n}`, byNumber);
  }
  return { pages: summarise(byCursor), numberedPages: summarise(byNumber) };
}

/** Processor time that everything takes while nobody asks for anything, in milliseconds for a second. */
export async function measureIdleProcessor(
  stack: BenchStack,
  seconds: number,
): Promise<ProcessorTime> {
  const before = processorTime(stack.processes);
  await sleep(seconds * 1_000);
  return perUnit(before, processorTime(stack.processes), seconds);
}

/** Memory in megabytes of the gateway's process and of all its evaluators; undefined off Linux. */
export function residentMegabytes(
  stack: BenchStack,
): { readonly gateway: number; readonly evaluators: number } | undefined {
  if (process.platform !== 'linux') return undefined;
  const { pid } = stack.gateway.child;
  return {
    gateway: residentOf(pid) ?? NaN,
    evaluators: childrenOf(pid).reduce((sum, child) => sum + (residentOf(child) ?? 0), 0),
  };
}

/** Undefined when the process has ended meanwhile. */
function residentOf(pid: number): number | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) / 1_024;
  } catch {
    return undefined;
  }
}
