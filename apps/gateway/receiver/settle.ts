import { setTimeout as sleep } from 'node:timers/promises';
import type { DispatchOutcome } from '../../../shared/domain/outcome.ts';
import type { Logger } from '../../../shared/telemetry/logger.ts';
import type { OutcomeHub } from './outcome-hub.ts';
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

/** After this time a run taken by this process is asked for over the server as well. */
const localPatienceMs = 2_000;

export function makeSettle(deps: {
  readonly starter: Starter;
  readonly hub: OutcomeHub;
  readonly log: Logger;
  readonly outcomeWaitMs: number;
}): Settle {
  return async (request, wanted) => {
    // Before the start: an eager run may finish before the start's own reply is read.
    const expected = wanted === 'await-outcome' ? deps.hub.expect(request.deliveryId) : undefined;
    try {
      const started = await deps.starter.start(request);
      if (started.kind === 'unreachable') {
        deps.log.warn(
          { event: 'inbound.start_deferred', deliveryId: request.deliveryId, err: started.cause },
          'Temporal did not take the workflow; the sweeper will start it',
        );
        return undefined;
      }
      if (expected === undefined) return undefined;
      return await firstOutcome(expected.outcome, started, deps.outcomeWaitMs);
    } finally {
      expected?.forget();
    }
  };
}

async function firstOutcome(
  local: Promise<DispatchOutcome>,
  started: StartResult & { kind: 'started' },
  waitMs: number,
): Promise<DispatchOutcome | undefined> {
  const over = new AbortController();
  const after = (ms: number): Promise<undefined> =>
    sleep(ms, undefined, { signal: over.signal }).catch(() => undefined);
  const never = new Promise<undefined>(() => undefined);
  const remote = after(started.isLocal ? localPatienceMs : 0)
    .then(() => (over.signal.aborted ? never : started.result(over.signal)))
    // The server went away or the run was terminated: the row still tells, the wait runs out.
    .catch(() => never);
  try {
    return await Promise.race([local, remote, after(waitMs)]);
  } finally {
    over.abort();
  }
}
