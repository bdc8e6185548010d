import { claimDueAssistantRuns } from '../../../shared/db/queries/assistant-runs.ts';
import type { Pool } from '../../../shared/db/pool.ts';
import type { Logger } from '../../../shared/telemetry/logger.ts';
import { startLoop, type Loop } from '../../../shared/domain/loop.ts';
import type { AssistantRuns } from './runs.ts';

/** All of a batch are under way at once, and the next one follows when they are done. */
const batchMax = 8;
/** The wait before a question that was taken is due again; it doubles each time, up to 64 times as long. */
const retryBaseMs = 10_000;

/**
 * Starts the runs of questions that nobody started: after a crash between commit and start, while
 * Temporal was away, or when a run was terminated by hand. Every replica runs one; the database hands
 * each row to one of them at a time.
 */
export function startAssistantSweeper(deps: {
  readonly pool: Pool;
  readonly runs: Pick<AssistantRuns, 'start'>;
  /** Asked while Temporal seems away: then nothing is taken, since another replica may reach it. */
  readonly isReachable: () => Promise<boolean>;
  readonly log: Logger;
  readonly intervalMs: number;
}): Loop {
  const { pool, runs, log } = deps;
  let isEngineAway = true;
  async function sweep(): Promise<number> {
    if (isEngineAway) isEngineAway = !(await deps.isReachable());
    if (isEngineAway) return 0;
    const due = await claimDueAssistantRuns(pool, batchMax, retryBaseMs);
    const started = await Promise.allSettled(due.map((question) => runs.start(question)));
    for (const one of started) {
      if (one.status === 'rejected') {
        log.warn({ event: 'assistant.start_failed', err: one.reason }, 'is tried again');
      }
    }
    const count = started.filter(({ status }) => status === 'fulfilled').length;
    isEngineAway = due.length > 0 && count === 0;
    return count;
  }
  return startLoop({
    // What was found may have more behind it.
    turn: async () => ((await sweep()) > 0 ? 0 : deps.intervalMs),
    onError(error) {
      log.warn({ event: 'assistant.sweep_failed', err: error }, 'will look again');
      return deps.intervalMs;
    },
  });
}
