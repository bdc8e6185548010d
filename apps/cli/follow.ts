import { setTimeout as sleep } from 'node:timers/promises';
import { Option } from 'commander';
import type { Call } from './command.ts';
import type { Feed } from './delivery-feed.ts';
import { checkFailure, CliFailure } from './failure.ts';
import { integer } from './options/values.ts';

/** When to end by oneself. */
export interface UntilOptions {
  readonly count?: number;
  readonly timeout?: number;
}

export interface FollowOptions extends UntilOptions {
  readonly last: number;
  readonly interval: number;
}

export const untilOptions = (): readonly Option[] => [
  new Option('--count <lines>', 'end after so many lines').argParser(integer(1, 1_000_000)),
  new Option('--timeout <seconds>', 'end after this time').argParser(integer(1, 86_400)),
];

/** Options of a command that looks at a list every `intervalMs`. */
export const followOptions = (intervalMs: number): readonly Option[] => [
  new Option('--last <count>', 'begin with so many that came before')
    .argParser(integer(0, 100))
    .default(0),
  ...untilOptions(),
  new Option('--interval <ms>', 'how often to look')
    .argParser(integer(100, 60_000))
    .default(intervalMs),
];

/** What `--count` and `--timeout` are for. */
export const untilNote =
  'With --count and --timeout a test can wait for what it caused: it ends with 6 when too little came.';

/** Shows what a feed gives, a line each, until there were enough or the time is over. */
export async function follow<Row>(
  { out, options }: Pick<Call<FollowOptions>, 'out' | 'options'>,
  feed: Feed<Row>,
  lineOf: (row: Row) => string,
): Promise<void> {
  const { count = Infinity, timeout = Infinity, interval } = options;
  const deadline = Date.now() + timeout * 1_000;
  let shown = 0;
  for (;;) {
    const { deliveries, isComplete, pauseMs } = await look(feed);
    if (!isComplete) out.note('More came between two looks than can be shown; see the list.');
    for (const delivery of deliveries) {
      out.entry(delivery, lineOf(delivery));
      shown += 1;
      if (shown === count) return;
    }
    const waitMs = Math.max(interval, pauseMs);
    if (Date.now() + waitMs > deadline) break;
    await sleep(waitMs);
  }
  requireCount(shown, options);
}

/** Throws a check failure when less came than was waited for. */
export function requireCount(shown: number, { count, timeout }: UntilOptions): void {
  if (count === undefined || shown >= count) return;
  throw checkFailure(`${shown} of ${count} came within ${timeout} s.`);
}

/** One look at a feed. Where the server has a limit and it is reached, the next one waits for it. */
async function look<Row>(
  feed: Feed<Row>,
): Promise<Awaited<ReturnType<Feed<Row>['next']>> & { readonly pauseMs: number }> {
  try {
    return { ...(await feed.next()), pauseMs: 0 };
  } catch (error) {
    const seconds = error instanceof CliFailure ? error.retryAfterSeconds : undefined;
    if (seconds === undefined) throw error;
    return { deliveries: [], isComplete: true, pauseMs: seconds * 1_000 };
  }
}
