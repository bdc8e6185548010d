/**
 * `npm run bench`: what this machine gives, as one table of targets and figures (docs/performance.md).
 *
 *   --rate n       acknowledgements a second (1000)
 *   --seconds n    length of each measurement (30)
 *   --quick        small loads: a look at the shape in about a minute
 *   --only names   some of: ack,outcome,throughput,fairness,growth,outbound,dead,burst,claims,
 *                  lists,sends,start
 *   --postgres     a Temporal server on Postgres, as production has it, built with Go at first
 *   --cpu-prof dir the gateway writes a CPU profile there when it ends
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { inFlight, type Comparison, type Load, type Side } from './beside-bare.ts';
import { measureClaims } from './claims.ts';
import { fillDesk, measureLists, newListedTenant } from './lists.ts';
import type { Latencies } from './load.ts';
import {
  measureAcknowledgement,
  measureFairness,
  measureIdleProcessor,
  measureOutcome,
  measureThroughput,
  measureWithStored,
  residentMegabytes,
  type WithStored,
} from './measures.ts';
import { measureBesideAiling, measureBurst, measureOutboundThroughput } from './outbound.ts';
import { consumers, type ProcessorTime } from './processor-time.ts';
import { measureSends } from './sends.ts';
import { startBenchStack, type BenchStack, type BenchTemporal } from './stack.ts';
import { measureStart } from './start-time.ts';
import { makeTable, milliseconds } from './table.ts';

const { values } = parseArgs({
  options: {
    rate: { type: 'string' },
    seconds: { type: 'string' },
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    postgres: { type: 'boolean', default: false },
    'cpu-prof': { type: 'string' },
  },
});
const isQuick = values.quick;
const perSecond = Number(values.rate ?? (isQuick ? 100 : 1_000));
const seconds = Number(values.seconds ?? (isQuick ? 5 : 30));
const backlog = isQuick ? 300 : 10_000;
/** Until what was only needed to start is collected. */
const settleMs = 10_000;
const idleSeconds = 5;
const compared: Load = isQuick ? { rounds: 2, seconds: 4 } : { rounds: 5, seconds: 10 };
const wanted = new Set(values.only?.split(','));
const isWanted = (name: string): boolean => wanted.size === 0 || wanted.has(name);

const temporal: BenchTemporal = values.postgres
  ? 'on Postgres'
  : { address: process.env['TEMPORAL_ADDRESS'] };
const table = makeTable();
const megabytes = (value = NaN): string => `${value.toFixed(0)} MB`;
const progress = (line: string): void =>
  console.error(`${performance.now().toFixed(0).padStart(8)} ms  ${line}`);

async function acknowledgement(stack: BenchStack): Promise<void> {
  progress(`acknowledging ${perSecond}/s for ${seconds} s, then draining`);
  const found = await measureAcknowledgement(stack, { perSecond, seconds });
  const { latencies } = found;
  table.add(
    `acknowledged of ${perSecond}/s for ${seconds} s, 1 KB`,
    'all',
    `${latencies.count} of ${perSecond * seconds}, ${found.errors} refused`,
  );
  table.add('… latency p50', '< 10 ms', milliseconds(latencies.at(0.5)));
  table.add('… latency p99', '< 50 ms', milliseconds(latencies.at(0.99)));
  const drainRate = latencies.count / (seconds + found.drainedAfterSeconds);
  table.add(
    '… drained behind it',
    '',
    `after ${found.drainedAfterSeconds.toFixed(0)} s more, ${drainRate.toFixed(0)}/s`,
  );
  table.add('… lost / twice', '0 / 0', `${found.lost} / ${found.doubled}`);
}

async function outcome(stack: BenchStack): Promise<void> {
  progress('outcomes, one at a time');
  const latencies = await measureOutcome(stack, seconds);
  table.add('awaited outcome, one at a time, p50', '< 40 ms', milliseconds(latencies.at(0.5)));
  table.add('… p99', '< 150 ms', milliseconds(latencies.at(0.99)));
}

async function throughput(stack: BenchStack): Promise<void> {
  progress('completed deliveries and the bare engine, in turns');
  const found = await measureThroughput(stack, compared);
  comparison('deliveries completed', found);
}

function comparison(what: string, { bare, own, ratio }: Comparison): void {
  table.add('bare engine, eager and local, completed', '', `${bare.perSecond.toFixed(0)}/s`);
  table.add(`${what}, ${inFlight} in flight`, '', `${own.perSecond.toFixed(0)}/s`);
  table.add('… of the bare engine', '>= 0.80', ratio.toFixed(2));
  const both = (pick: (side: Side) => number): string =>
    `${milliseconds(pick(own))}; bare ${milliseconds(pick(bare))}`;
  table.add(
    '… processor time, each',
    '',
    both(({ cpu }) => totalOf(cpu)),
  );
  for (const consumer of consumers) {
    table.add(
      `… … of ${consumer}`,
      '',
      both(({ cpu }) => cpu[consumer]),
    );
  }
}

const totalOf = (cpu: ProcessorTime): number =>
  consumers.reduce((sum, consumer) => sum + cpu[consumer], 0);

async function fairness(stack: BenchStack): Promise<void> {
  progress(`a quiet tenant beside a backlog of ${backlog}`);
  const { alone, beside, backlogLeft } = await measureFairness(stack, { backlog, seconds });
  table.add('quiet tenant alone, p99', '', milliseconds(alone.at(0.99)));
  table.add(
    `… beside a backlog of ${backlog}, p99`,
    '<= 2x alone',
    `${milliseconds(beside.at(0.99))} (${(beside.at(0.99) / alone.at(0.99)).toFixed(1)}x, ${backlogLeft} left)`,
  );
}

async function growth(stack: BenchStack): Promise<void> {
  const hook = await stack.newHook();
  const [few, many] = isQuick ? [1_000, 10_000] : [10_000, 1_000_000];
  const measure = (stored: number) => {
    progress(`outcomes and list pages with ${stored} stored deliveries`);
    return measureWithStored(stack, hook, { stored, seconds });
  };
  const [small, large] = [await measure(few), await measure(many)];
  const both = (pick: (found: WithStored) => Latencies, share: number): string =>
    [small, large].map((found) => milliseconds(pick(found).at(share))).join(' and ');
  const growthOf = large.outcomes.at(0.5) / small.outcomes.at(0.5);
  table.add(
    `outcome p50 with ${few} and ${many} stored`,
    '<= 1.2x',
    `${both(({ outcomes }) => outcomes, 0.5)} (${growthOf.toFixed(2)}x)`,
  );
  table.add(
    '… a page of the log by cursor, p50',
    '< 20 ms',
    both(({ pages }) => pages, 0.5),
  );
  table.add(
    '… by number, which counts all, p50',
    '',
    both(({ numberedPages }) => numberedPages, 0.5),
  );
}

async function outbound(stack: BenchStack): Promise<void> {
  progress('published and delivered, and the bare engine, in turns');
  const found = await measureOutboundThroughput(stack, compared);
  const { latencies } = found;
  table.add('published to arrived, one at a time, p50', '', milliseconds(latencies.at(0.5)));
  table.add('… p99', '', milliseconds(latencies.at(0.99)));
  comparison('outbound delivered', found);
}

async function besideAiling(stack: BenchStack): Promise<void> {
  const events = isQuick ? 50 : 500;
  progress(`${events} events to 20 healthy endpoints, without and with an ailing one`);
  for (const found of await measureBesideAiling(stack, events)) {
    const { kind, perSecond: rate, alonePerSecond, attempts, runs } = found;
    table.add(`${events} events to 20 endpoints, delivered`, '', `${alonePerSecond.toFixed(0)}/s`);
    table.add(
      `… beside one that is ${kind}`,
      '>= 0.90x',
      `${rate.toFixed(0)}/s (${(rate / alonePerSecond).toFixed(2)}x), ${attempts} attempts, ${runs} runs of it`,
    );
  }
}

async function burst(stack: BenchStack): Promise<void> {
  const count = isQuick ? 1_000 : 10_000;
  progress(`a burst of ${count} events`);
  const found = await measureBurst(stack, count);
  table.add(
    `a burst of ${count} events, published`,
    '',
    `${found.publishedPerSecond.toFixed(0)}/s`,
  );
  table.add('… delivered, from the first call', '', `${found.deliveredPerSecond.toFixed(0)}/s`);
  table.add('… lost / twice', '0 / 0', `${found.lost} / ${found.doubled}`);
}

async function claims(stack: BenchStack): Promise<void> {
  progress('claims, one at a time, and 50 at once of one conversation');
  const [single, rounds] = isQuick ? [50, 3] : [300, 10];
  const { latencies, renewals, contested, winners } = await measureClaims(stack, single, rounds);
  table.add('a conversation claimed, one at a time, p50', '', milliseconds(latencies.at(0.5)));
  table.add('… p99', '', milliseconds(latencies.at(0.99)));
  table.add('… renewed, p50', '', milliseconds(renewals.at(0.5)));
  table.add(
    '50 claims of one conversation at once, until all are answered, p50',
    '',
    `${milliseconds(contested.at(0.5))} (slowest ${milliseconds(contested.at(1))})`,
  );
  table.add('… winners each', '1', winners.join(', '));
}

async function lists(stack: BenchStack): Promise<void> {
  const [few, many] = isQuick ? [1_000, 50_000] : [10_000, 1_000_000];
  const listed = await newListedTenant(stack);
  const measure = async (rows: number) => {
    progress(`list pages of ${rows} conversations and as many tickets`);
    await fillDesk(stack, listed, rows);
    return measureLists(stack, listed, isQuick ? 50 : 300);
  };
  const [small, large] = [await measure(few), await measure(many)];
  for (const [index, pages] of large.entries()) {
    const { list, filter } = pages;
    const name = `${list}${filter === '' ? '' : ` by ${filter}`}`;
    for (const place of ['first', 'deep'] as const) {
      const both = (share: number): string =>
        [small[index], pages]
          .map((each) => milliseconds(each?.[place].at(share) ?? NaN))
          .join(' and ');
      table.add(
        `${place} page of ${few} and ${many} ${name}, p50; p99`,
        '< 20 ms',
        `${both(0.5)}; ${both(0.99)}`,
      );
    }
  }
}

async function sends(stack: BenchStack): Promise<void> {
  const keys = 16;
  progress(`messages of one key, then of ${keys} at once`);
  const found = await measureSends(stack, { keys, seconds });
  table.add(
    'a message sent under a claim, one at a time, p50',
    '',
    milliseconds(found.single.at(0.5)),
  );
  table.add('… p99', '', milliseconds(found.single.at(0.99)));
  table.add(`messages of ${keys} keys at once`, '', `${found.perSecond.toFixed(0)}/s`);
  table.add('… each, p50', '', milliseconds(found.manyAtOnce.at(0.5)));
  table.add('… lost / twice', '0 / 0', `${found.lost} / ${found.doubled}`);
}

async function withStack(): Promise<void> {
  progress('starting Postgres, Temporal and a gateway');
  const profileDir = values['cpu-prof'];
  const stack = await startBenchStack({
    temporal,
    gatewayOptions: profileDir === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profileDir}`],
  });
  // Ctrl-C leaves nothing behind either.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void stack.stop().then(() => process.exit(1)));
  }
  let peak = 0;
  const watch = setInterval(() => {
    peak = Math.max(peak, residentMegabytes(stack)?.gateway ?? 0);
  }, 500);
  try {
    await sleep(settleMs);
    const idle = residentMegabytes(stack);
    table.add('gateway with its worker, memory idle', '< 350 MB', megabytes(idle?.gateway));
    table.add('… its evaluators beside it', '', megabytes(idle?.evaluators));
    const idleCpu = await measureIdleProcessor(stack, idleSeconds);
    const shares = consumers.map((name) => `${name} ${(idleCpu[name] / 10).toFixed(1)} %`);
    table.add('… processor time, of one core', '', shares.join(', '));
    if (isWanted('outcome')) await outcome(stack);
    if (isWanted('throughput')) await throughput(stack);
    if (isWanted('fairness')) await fairness(stack);
    if (isWanted('growth')) await growth(stack);
    if (isWanted('outbound')) await outbound(stack);
    if (isWanted('dead')) await besideAiling(stack);
    if (isWanted('burst')) await burst(stack);
    if (isWanted('claims')) await claims(stack);
    if (isWanted('lists')) await lists(stack);
    if (isWanted('sends')) await sends(stack);
    if (isWanted('ack')) await acknowledgement(stack);
    table.add('… most memory under these loads', '< 700 MB', megabytes(peak));
  } finally {
    clearInterval(watch);
    await stack.stop();
  }
}

await withStack();
if (isWanted('start')) {
  progress('npm start, twice');
  table.add(
    'npm start to a delivered webhook, warm',
    '< 15 s',
    `${(await measureStart()).toFixed(1)} s`,
  );
}
table.print();
console.log(temporalNote());

function temporalNote(): string {
  if (temporal === 'on Postgres') {
    return 'Temporal: the server of production, in the same Postgres as Tidegate.';
  }
  return temporal.address === undefined
    ? 'Temporal: the local development server on SQLite. No claim about throughput; only the ratios count.'
    : `Temporal: ${temporal.address}.`;
}
