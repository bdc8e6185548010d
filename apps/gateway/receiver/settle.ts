import type { DispatchOutcome } from '../../../shared/domain/outcome.ts';
import type { Logger } from '../../../shared/telemetry/logger.ts';
import { makePatience } from '../../../shared/domain/patience.ts';
import type { OutcomeHub } from './outcome-hub.ts';
import type { RefuseStart } from './refuse-start.ts';
import type { RightOfWay } from './right-of-way.ts';
import type { SeeThrough } from './see-through.ts';
import type { Starter, StartRequest, StartResult } from './starter.ts';

/**
 * Starts the workflow of a committed delivery and, unless only the start is wanted, waits for its
 * outcome. Never rejects: undefined means "accepted, not known yet", which is true whatever happened,
 * because the row is committed and the sweeper starts what this could not.
 */
export type Settle = (
  request: StartRequest,
  wanted: 'start-only' | 'await-outcome',
) => Promise<DispatchOutcome | undefined>;

/**
 * Deliveries at once that nobody waits for. Under a burst the engine is slower than the commits, so
 * what comes on top is left to the sweeper: accepting must not compete with a pile of starts.
 */
const unawaitedMax = 4;

/**
 * How long an awaited outcome keeps other starts back: what one usually takes. Of a slower one the action
 * waits for something, and the engine has time for others.
 */
const heldMaxMs = 40;

/** After this time a run taken by this process is asked for over the server as well. */
const localPatienceMs = 2_000;

export function makeSettle(deps: {
  readonly starter: Starter;
  readonly refuseStart: RefuseStart;
  readonly seeThrough: SeeThrough;
  readonly hub: OutcomeHub;
  readonly way: RightOfWay;
  readonly log: Logger;
  readonly outcomeWaitMs: number;
}): Settle {
  let unawaited = 0;

  async function startOnly(request: StartRequest): Promise<undefined> {
    if (unawaited >= unawaitedMax) return;
    unawaited += 1;
    const started = await deps.seeThrough(request);
    unawaited -= 1;
    if (started.kind !== 'started') await settleUnstarted(request, started);
  }

  /** The outcome of a delivery that was not started: only a refusal is one. */
  async function settleUnstarted(
    request: StartRequest,
    result: Exclude<StartResult, { kind: 'started' }>,
  ): Promise<DispatchOutcome | undefined> {
    const { deliveryId } = request;
    // Meant to be, and one line for each request of a burst would say nothing.
    if (result.kind === 'busy') return undefined;
    if (result.kind === 'refused') {
      deps.log.warn({ event: 'inbound.start_refused', deliveryId, reason: result.reason });
      // When not even that can be stored, the sweeper meets the refusal anew.
      return deps.refuseStart(request, result.reason).catch(() => undefined);
    }
    deps.log.warn(
      { event: 'inbound.start_deferred', deliveryId, err: result.cause },
      'Temporal did not take the workflow; the sweeper will start it',
    );
    return undefined;
  }

  return async (request, wanted) => {
    if (wanted === 'start-only') return startOnly(request);
    // Before the start: an eager run may finish before the start's own reply is read.
    const expected = deps.hub.expect(request.deliveryId);
    const release = deps.way.take(heldMaxMs);
    try {
      const started = await deps.starter.start(request);
      if (started.kind !== 'started') return await settleUnstarted(request, started);
      return await firstOutcome(expected.outcome, started, deps.outcomeWaitMs);
    } finally {
      release();
      expected.forget();
    }
  };
}

async function firstOutcome(
  local: Promise<DispatchOutcome>,
  started: StartResult & { kind: 'started' },
  waitMs: number,
): Promise<DispatchOutcome | undefined> {
  const over = new AbortController();
  const [localPatience, patience] = [
    makePatience(started.isLocal ? localPatienceMs : 0),
    makePatience(waitMs),
  ];
  const remote = localPatience.over
    .then(() => started.result(over.signal))
    // The server went away or the run was terminated: the row still tells, the wait runs out.
    .catch(() => new Promise<undefined>(() => undefined));
  try {
    return await Promise.race([local, remote, patience.over]);
  } finally {
    over.abort();
    localPatience.forget();
    patience.forget();
  }
}
