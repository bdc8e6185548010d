import {
  claimUnstarted,
  type UnstartedDelivery,
} from '../../../shared/db/queries/inbound-deliveries.ts';
import { countStartFault } from '../../../shared/db/queries/start-faults.ts';
import type { Pool } from '../../../shared/db/pool.ts';
import type { WithTenant } from '../../../shared/db/tenant.ts';
import { startLoop, type Loop } from '../../../shared/domain/loop.ts';
import { startFailureReason } from '../../../shared/temporal/start-failure.ts';
import type { Logger } from '../../../shared/telemetry/logger.ts';
import type { RefuseStart } from './refuse-start.ts';
import type { SeeThrough } from './see-through.ts';
import type { Starter, StartResult } from './starter.ts';

/**
 * All of a batch are under way at once, and the next one follows when they are done: more would only
 * wait for each other in a busy engine, and everybody else with them.
 */
const batchMax = 8;
/**
 * The wait after a first try; it doubles with each further one, up to 64 times as long. As long as a
 * start and its run may take, so that none is tried again while it is under way.
 */
const retryBaseMs = 10_000;
/** A delivery whose start has met a fault more often than this is failed, where people see it. */
const faultsMax = 20;

export interface Sweeper extends Loop {
  /** One look: starts what is due. Returns how many deliveries were started. */
  sweep(): Promise<number>;
}

export interface SweeperDeps {
  readonly pool: Pool;
  readonly withTenant: WithTenant;
  readonly starter: Pick<Starter, 'isReachable'>;
  readonly seeThrough: SeeThrough;
  readonly refuseStart: RefuseStart;
  readonly log: Logger;
  readonly intervalMs: number;
}

/**
 * Starts accepted deliveries that nobody started: after a crash between commit and start, or while
 * Temporal was away. Every replica runs one; the database hands each row to one of them at a time.
 */
export function startSweeper(deps: SweeperDeps): Sweeper {
  /**
   * While this process does not reach Temporal it takes no delivery: another replica may reach it,
   * and a delivery that was taken in vain waits longer each time.
   */
  let isEngineAway = true;

  async function sweep(): Promise<number> {
    if (isEngineAway) isEngineAway = !(await deps.starter.isReachable());
    if (isEngineAway) return 0;
    const due = await claimUnstarted(deps.pool, batchMax, retryBaseMs);
    if (due.length === 0) return 0;
    const results = await Promise.all(due.map((delivery) => startOrGiveUp(deps, delivery)));
    const started = results.filter(({ kind }) => kind === 'started').length;
    isEngineAway = started === 0;
    if (started > 0) {
      deps.log.info({ event: 'inbound.swept', deliveries: started }, 'started what was left');
    }
    return started;
  }

  const loop = startLoop({
    // What was found may have more behind it.
    turn: async () => ((await sweep()) > 0 ? 0 : deps.intervalMs),
    onError(error) {
      deps.log.warn({ event: 'inbound.sweep_failed', err: error }, 'will look again');
      return deps.intervalMs;
    },
  });
  return { sweep, ...loop };
}

/** Sees one delivery through, or fails it when its start is refused or has met one fault too many. */
async function startOrGiveUp(deps: SweeperDeps, delivery: UnstartedDelivery): Promise<StartResult> {
  const result = await deps.seeThrough(delivery);
  if (result.kind === 'refused') await giveUp(deps, delivery, result.reason);
  if (result.kind === 'faulty') {
    const faults = await deps.withTenant(delivery.tenantId, (tx) =>
      countStartFault(tx, delivery.deliveryId),
    );
    const reason = startFailureReason(result.cause);
    if (faults > faultsMax) await giveUp(deps, delivery, `${faults} starts failed. ${reason}`);
  }
  return result;
}

async function giveUp(
  { refuseStart, log }: SweeperDeps,
  delivery: UnstartedDelivery,
  reason: string,
): Promise<void> {
  await refuseStart(delivery, reason);
  log.warn(
    { event: 'inbound.start_refused', deliveryId: delivery.deliveryId, reason },
    'a delivery failed because its workflow cannot be started; correct the cause and replay it',
  );
}
