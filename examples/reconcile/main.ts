/** Keeps a copy of a tenant's support desk in step with Tidegate. See README.md. */
import { setTimeout as sleep } from 'node:timers/promises';
import { makeTidegate, Refused } from '../client/tidegate.ts';
import { runCycle } from './cycle.ts';
import { InUse, openStore, type Store } from './store.ts';

const { env } = process;
const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const log = (line: string): void => console.log(`${new Date().toISOString()} ${line}`);

const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stopping.abort());

const tidegate = makeTidegate({
  url: env['TIDEGATE_URL'] ?? 'http://127.0.0.1:8080',
  key: env['TIDEGATE_KEY'] ?? '',
  signal: stopping.signal,
  log,
});
const settings = {
  overlapMs: Number(env['RECONCILE_OVERLAP_MS'] ?? 120_000),
  pageRows: Number(env['RECONCILE_PAGE_ROWS'] ?? 100),
  sweepEveryMs: Number(env['RECONCILE_SWEEP_HOURS'] ?? 24) * hourMs,
  // A day less than they are: the last of them go while they are read.
  eventsKeptMs: (Number(env['RECONCILE_EVENT_DAYS'] ?? 30) - 1) * dayMs,
};
const pollMs = Number(env['RECONCILE_POLL_MS'] ?? 15_000);

let store: Store | undefined;
try {
  store = openStore(env['RECONCILE_FILE'] ?? 'tidegate-copy.db');
  do {
    await runCycle({ ...settings, tidegate, store });
    log('in step');
    if (process.argv.includes('--once')) break;
    await sleep(pollMs, undefined, { signal: stopping.signal });
  } while (!stopping.signal.aborted);
} catch (error) {
  if (!stopping.signal.aborted) {
    if (!(error instanceof Refused) && !(error instanceof InUse)) throw error;
    log(`it cannot go on: ${error.message}`);
    process.exitCode = 1;
  }
} finally {
  store?.close();
}
