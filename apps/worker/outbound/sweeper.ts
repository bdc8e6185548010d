import {
  claimDueWakes,
  countDueWakes,
  wakeRetryBaseMs,
  type DueWake,
} from '../../../shared/db/queries/outbound-wakes.ts';
import type { Pool } from '../../../shared/db/pool.ts';
import { startLoop, type Loop } from '../../../shared/domain/loop.ts';
import type { Logger } from '../../../shared/telemetry/logger.ts';
import type { Courier } from './courier.ts';

/** All of a batch are under way at once, and the next one follows when they are done. */
const batchMax = 16;
/** So many that are due at once are a backlog: the burst lane is opened for it. */
const backlogMin = 64;
/** Meanwhile the sweeper looks whether the lane has taken it. */
const laneCheckMs = 1_000;

export interface OutboundSweeperDeps {
  readonly pool: Pool;
  readonly courier: Pick<Courier, 'rouse' | 'isReachable' | 'openLane' | 'isInBurst'>;
  readonly log: Logger;
  readonly intervalMs: number;
}

/**
 * Starts or wakes deliveries that nobody did: after a crash between commit and start, while Temporal was
 * away, when a wake was lost, when a run was terminated by hand, and when a held delivery's time comes.
 * Every replica runs one; the database hands each row to one of them at a time.
 */
export function startOutboundSweeper(deps: OutboundSweeperDeps): Loop {
  /** Meanwhile nothing is taken: another replica may reach it, and what is taken in vain waits longer. */
  let isEngineAway = true;
  let isLaneOpen = false;

  async function sweep(): Promise<number> {
    if (isEngineAway) isEngineAway = !(await deps.courier.isReachable());
    if (isEngineAway) return 0;
    isLaneOpen = await isLeftToLane();
    if (isLaneOpen) return 0;
    const due = await claimDueWakes(deps.pool, batchMax, wakeRetryBaseMs);
    if (due.length === 0) return 0;
    const results = await Promise.all(due.map((delivery) => rouse(deps, delivery)));
    const roused = results.filter(Boolean).length;
    isEngineAway = roused === 0;
    return roused;
  }

  /**
   * Whether there is a backlog, and the lane is open for it. What the lane has claimed is not due: while it
   * works, little is, and a run for each of those would take the engine's time from it.
   */
  async function isLeftToLane(): Promise<boolean> {
    const due = await countDueWakes(deps.pool, backlogMin);
    const isBacklog = due >= backlogMin || isLaneOpen || deps.courier.isInBurst();
    if (due === 0 || !isBacklog) return false;
    await deps.courier.openLane();
    return true;
  }
  const pauseMs = (): number => (isLaneOpen ? laneCheckMs : deps.intervalMs);
  return startLoop({
    // What was found may have more behind it.
    turn: async () => ((await sweep()) > 0 ? 0 : pauseMs()),
    onError(error) {
      deps.log.warn({ event: 'outbound.sweep_failed', err: error }, 'will look again');
      return pauseMs();
    },
  });
}

async function rouse({ courier, log }: OutboundSweeperDeps, delivery: DueWake): Promise<boolean> {
  try {
    await courier.rouse(delivery);
    return true;
  } catch (error) {
    log.warn(
      { event: 'outbound.rouse_failed', deliveryId: delivery.deliveryId, err: error },
      'Temporal took neither a start nor a wake; the delivery is kept and tried again. Check the server.',
    );
    return false;
  }
}
