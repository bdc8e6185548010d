import { setTimeout as sleep } from 'node:timers/promises';
import type { AttemptResult, DeliveryActivities } from '../delivery/contract.ts';
import type { DueWake } from '../../shared/db/queries/outbound-wakes.ts';
import type { AnnouncedDelivery } from '../../shared/db/tenant.ts';
import { makeSlots } from '../../shared/domain/slots.ts';
import type { LaneActivities } from './contract.ts';

export interface LaneDeps {
  /** Takes due deliveries of all tenants; each comes back later by itself if nothing is done with it. */
  readonly claim: (rowsMax: number) => Promise<readonly DueWake[]>;
  /** The attempt of a delivery, for a caller that takes on whose turn is next. */
  readonly makeAttempt: (
    takeOn: (deliveries: readonly AnnouncedDelivery[]) => void,
  ) => DeliveryActivities['attemptDelivery'];
  /** Lines deliveries up at an endpoint that has failed lately. All are of one endpoint. */
  readonly lineUp: (deliveries: readonly AnnouncedDelivery[]) => Promise<void>;
  /** Lets deliveries be due again after a while. All are of one endpoint. */
  readonly putBack: (deliveries: readonly AnnouncedDelivery[], waitMs: number) => Promise<void>;
  /** Gives deliveries runs of their own. */
  readonly start: (deliveries: readonly AnnouncedDelivery[]) => void;
  /** Wakes deliveries whose turn comes when the lane is closed already. */
  readonly wake: (deliveries: readonly AnnouncedDelivery[]) => void;
  /** Tells the engine that the work goes on. */
  readonly heartbeat: () => void;
}

/** Most attempts at one endpoint at once: one that never answers must not take up the whole lane. */
const widthMax = 16;
/** Longest that one endpoint is worked on before others that are due are looked for again. */
const turnMs = 2_000;
/** What is put back for want of a place is due again after this. */
const placeWaitMs = 200;
/** Without anything due for so long, the backlog is gone. */
const idleMs = 1_500;
const idlePollMs = 100;

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
        for (const [endpointId, deliveries] of Map.groupBy(due, (one) => one.endpointId)) {
          // One that is slow is not given more than it is working on.
          if (lanes.isBusy(endpointId)) await deps.putBack(deliveries, turnMs);
          else lanes.add(endpointId, deliveries, deliveries[0]?.maxInFlight ?? 1);
        }
        await lanes.settle(turnMs);
        const nowMs = performance.now();
        idleSinceMs = due.length > 0 ? undefined : (idleSinceMs ?? nowMs);
        // What was put back a moment ago is due again soon: the lane outlasts short pauses.
        const isDone = idleSinceMs !== undefined && nowMs - idleSinceMs > idleMs;
        if (isDone || nowMs > deadline) {
          await lanes.close();
          return { taken, isDone };
        }
        if (due.length === 0) await sleep(idlePollMs);
      }
    },
  };
}

interface Lanes {
  /** Works off deliveries of an endpoint, so many at once. */
  add(endpointId: string, deliveries: readonly AnnouncedDelivery[], width: number): void;
  isBusy(endpointId: string): boolean;
  /** Waits until all lanes are empty, or for so long. */
  settle(waitMs: number): Promise<void>;
  /** Waits for what is under way; whose turn comes meanwhile is woken elsewhere. */
  close(): Promise<void>;
}

function makeLanes(deps: LaneDeps, concurrencyMax: number): Lanes {
  const running = new Map<string, Promise<void>>();
  const widths = new Map<string, number>();
  const slots = makeSlots(concurrencyMax);
  let isClosed = false;
  const attempt = deps.makeAttempt((next) => {
    if (isClosed) deps.wake(next);
    else for (const one of next) add(one.endpointId, [one], widths.get(one.endpointId) ?? 1);
  });

  async function work(deliveries: readonly AnnouncedDelivery[], width: number): Promise<void> {
    const endMs = performance.now() + turnMs;
    const rest = [...deliveries];
    const takeTurns = async (): Promise<void> => {
      for (let next = rest.shift(); next !== undefined; next = rest.shift()) {
        if (performance.now() > endMs || isClosed) {
          return deps.putBack([next, ...rest.splice(0)], 0);
        }
        const { tenantId, deliveryId, retry } = next;
        const result = await slots.use(() =>
          attempt({ tenantId, deliveryId, retry, lane: 'burst' }),
        );
        await settleRest(result, next, rest);
      }
    };
    await Promise.all(
      Array.from({ length: Math.min(width, widthMax, deliveries.length) }, takeTurns),
    );
  }

  /** What one attempt says about the others of its endpoint. */
  async function settleRest(
    result: AttemptResult,
    delivery: AnnouncedDelivery,
    rest: AnnouncedDelivery[],
  ): Promise<void> {
    if (result.kind === 'settled') return;
    // The others would only fare the same. They line up behind one that gets a run of its own, which
    // has the patience for such an endpoint and calls the next when it is done.
    if (result.kind === 'turned_away') {
      await deps.lineUp(rest.splice(0));
      return deps.start([delivery]);
    }
    if (result.reason === 'retry') {
      const first = rest.splice(0, 1);
      await deps.lineUp(rest.splice(0));
      return deps.start(first);
    }
    if (result.reason === 'place') await deps.putBack(rest.splice(0), placeWaitMs);
    if (result.reason === 'rate') await deps.putBack(rest.splice(0), result.waitMs);
  }

  function add(endpointId: string, deliveries: readonly AnnouncedDelivery[], width: number): void {
    widths.set(endpointId, width);
    const before = running.get(endpointId) ?? Promise.resolve();
    // A fault is the database's; the rows are due again later.
    const after = before.then(() => work(deliveries, width)).catch(() => undefined);
    running.set(endpointId, after);
    void after.then(() => {
      if (running.get(endpointId) === after) running.delete(endpointId);
    });
  }

  async function untilEmpty(): Promise<void> {
    while (running.size > 0) await Promise.all(running.values());
  }

  return {
    add,
    isBusy: (endpointId) => running.has(endpointId),
    async settle(waitMs) {
      const heart = setInterval(deps.heartbeat, 1_000);
      let timer: NodeJS.Timeout | undefined;
      const patience = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, waitMs);
      });
      try {
        await Promise.race([untilEmpty(), patience]);
      } finally {
        clearInterval(heart);
        clearTimeout(timer);
      }
    },
    async close() {
      isClosed = true;
      const heart = setInterval(deps.heartbeat, 1_000);
      await untilEmpty().finally(() => clearInterval(heart));
    },
  };
}
