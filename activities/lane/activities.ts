import { setTimeout as sleep } from 'node:timers/promises';
import type { DueWake } from '../../shared/db/queries/outbound-wakes.ts';
import type { LaneActivities } from './contract.ts';
import { makeLanes, turnMs, type LanesDeps } from './lanes.ts';

export interface LaneDeps extends LanesDeps {
  /** Takes due deliveries of all tenants; each comes back later by itself if nothing is done with it. */
  readonly claim: (rowsMax: number) => Promise<readonly DueWake[]>;
}

/** Without anything due for so long, the backlog is gone. */
const idleMs = 1_500;
const idlePollMs = 100;
/** The same while there is nothing but what endpoints have no time for. */
const hangingPollMs = 500;
/**
 * A call does not end while an endpoint takes its time, because the others would wait for that: but
 * after so much more time it does, whoever takes it by then.
 */
const hangingMaxMs = 40_000;

/**
 * The burst lane. A workflow for each delivery costs the engine more than the delivery itself; where
 * many are due at once, their attempts are made here, many in one activity. What has to wait after its
 * attempt has a row that says so, and gets a workflow of its own when its time comes.
 */
export function makeLaneActivities(deps: LaneDeps): LaneActivities {
  return {
    async drainDue(input) {
      const deadline = performance.now() + input.timeMaxMs;
      const lanes = makeLanes(deps, input.concurrencyMax);
      let taken = 0;
      let idleSinceMs: number | undefined;
      for (;;) {
        deps.heartbeat();
        const due = await deps.claim(input.rowsMax);
        taken += due.length;
        let isWorthwhile = false;
        for (const [endpointId, deliveries] of Map.groupBy(due, (one) => one.endpointId)) {
          const width = deliveries[0]?.maxInFlight ?? 1;
          if (await lanes.add(endpointId, deliveries, width)) isWorthwhile = true;
        }
        await lanes.settle(turnMs);
        const nowMs = performance.now();
        const isIdle = due.length === 0 && lanes.isEmpty();
        idleSinceMs = isIdle ? (idleSinceMs ?? nowMs) : undefined;
        // What was put back a moment ago is due again soon: the lane outlasts short pauses.
        const isDone = idleSinceMs !== undefined && nowMs - idleSinceMs > idleMs;
        const lateMs = nowMs - deadline;
        if (isDone || lateMs > hangingMaxMs || (lateMs > 0 && !lanes.isHanging())) {
          await lanes.close();
          return { taken, isDone };
        }
        if (!isWorthwhile) await sleep(isIdle ? idlePollMs : hangingPollMs);
      }
    },
  };
}
