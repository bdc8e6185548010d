import { makePatience } from '../../../shared/domain/patience.ts';
import type { OutcomeHub } from './outcome-hub.ts';
import type { RightOfWay } from './right-of-way.ts';
import type { Starter, StartRequest, StartResult } from './starter.ts';

/**
 * Starts a delivery that no sender waits for, and resolves when its run is done, if that is this
 * process's own. Whoever bounds how many of these are under way bounds what a backlog asks of the
 * engine, so that a request somebody waits for finds it free; requests that are under way go first.
 * Never rejects.
 */
export type SeeThrough = (request: StartRequest) => Promise<StartResult>;

/** After this time a run is left to itself. */
const runWaitMaxMs = 5_000;

export function makeSeeThrough(deps: {
  readonly starter: Starter;
  readonly hub: OutcomeHub;
  readonly way: RightOfWay;
}): SeeThrough {
  return async (request) => {
    await deps.way.whenFree();
    const expected = deps.hub.expect(request.deliveryId);
    try {
      const started = await deps.starter.start(request, 'patient');
      if (started.kind === 'started' && started.isLocal) {
        const patience = makePatience(runWaitMaxMs);
        await Promise.race([expected.outcome, patience.over]).finally(patience.forget);
      }
      return started;
    } finally {
      expected.forget();
    }
  };
}
