import { claimUnstarted } from '../../../shared/db/queries/inbound-deliveries.ts';
import type { Pool } from '../../../shared/db/pool.ts';
import type { Logger } from '../../../shared/telemetry/logger.ts';
import type { Starter } from './starter.ts';

const batchMax = 100;
/** The wait after a first try; it doubles with each further one, up to 64 times as long. */
const retryBaseMs = 1_000;

export interface Sweeper {
  /** One look: starts what is due. Returns how many deliveries were started. */
  sweep(): Promise<number>;
  stop(): Promise<void>;
}

/**
 * Starts accepted deliveries that nobody started: after a crash between commit and start, or while
 * Temporal was away. Every replica runs one; the database hands each row to one of them at a time.
 */
export function startSweeper(deps: {
  readonly pool: Pool;
  readonly starter: Starter;
  readonly log: Logger;
  readonly intervalMs: number;
}): Sweeper {
  let isStopped = false;
  /** While Temporal is away one delivery probes for it; the others keep their place and their waits. */
  let isEngineAway = false;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<unknown> = Promise.resolve();

  async function sweep(): Promise<number> {
    const due = await claimUnstarted(deps.pool, isEngineAway ? 1 : batchMax, retryBaseMs);
    if (due.length === 0) return 0;
    const results = await Promise.all(due.map((delivery) => deps.starter.start(delivery)));
    const started = results.filter(({ kind }) => kind === 'started').length;
    isEngineAway = started === 0;
    if (started > 0) {
      deps.log.info({ event: 'inbound.swept', deliveries: started }, 'started what was left');
    }
    return started;
  }

  async function loop(): Promise<void> {
    let found = 0;
    try {
      found = await sweep();
    } catch (error) {
      deps.log.warn({ event: 'inbound.sweep_failed', err: error }, 'will look again');
    }
    if (isStopped) return;
    // What was found may have more behind it.
    timer = setTimeout(next, found > 0 ? 0 : deps.intervalMs);
  }
  function next(): void {
    running = loop();
  }
  next();

  return {
    sweep,
    async stop() {
      isStopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}
