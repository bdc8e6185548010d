import { setTimeout as sleep } from 'node:timers/promises';
import type { AttemptResult, DeliveryActivities } from '../delivery/contract.ts';
import type { AnnouncedDelivery } from '../../shared/db/tenant.ts';
import { makeSlots } from '../../shared/domain/slots.ts';

export interface LanesDeps {
  /** The attempt of a delivery, for a caller that takes on whose turn is next. */
  readonly makeAttempt: (
    takeOn: (deliveries: readonly AnnouncedDelivery[]) => void,
  ) => DeliveryActivities['attemptDelivery'];
  /** Lines deliveries up at an endpoint behind one that gets a run. All are of one endpoint. */
  readonly lineUp: (deliveries: readonly AnnouncedDelivery[]) => Promise<void>;
  /**
   * Lines deliveries up behind those that are under way at an endpoint, and gives one whose turn it is
   * if none is by now. All are of one endpoint.
   */
  readonly lineUpBehind: (
    deliveries: readonly AnnouncedDelivery[],
  ) => Promise<readonly AnnouncedDelivery[]>;
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
export const turnMs = 2_000;
/** An endpoint that has answered nothing for so long is taken to hang. */
const hangingMinMs = 1_000;
/** A run that was started for an endpoint that is down has taken its place after this, if it ever will. */
const handoverMs = 5_000;
const settlePollMs = 50;
/** What is put back for want of a place is due again after this. */
const placeWaitMs = 200;

export interface Lanes {
  /**
   * Works off deliveries of an endpoint, so many at once; what it has no time for is put back. False when
   * all of them are, because the endpoint has enough to do.
   */
  add(
    endpointId: string,
    deliveries: readonly AnnouncedDelivery[],
    width: number,
  ): Promise<boolean>;
  isEmpty(): boolean;
  /** Whether an endpoint lets its attempts wait. */
  isHanging(): boolean;
  /** Waits until all lanes are empty but those that hang, or for so long. */
  settle(waitMs: number): Promise<void>;
  /** Waits for what is under way; whose turn comes meanwhile is woken elsewhere. */
  close(): Promise<void>;
}

/** The work at one endpoint. */
interface Lane {
  /** Those whose turn it is: the endpoint has places for them. */
  readonly called: AnnouncedDelivery[];
  /** Those that are due; worked on until `endMs`. */
  readonly rest: AnnouncedDelivery[];
  readonly width: number;
  takers: number;
  endMs: number;
  /** When the last attempt came back. */
  progressMs: number;
}

/** A lane for each endpoint that has work, with so many attempts under way over all. */
export function makeLanes(deps: LanesDeps, concurrencyMax: number): Lanes {
  const lanes = new Map<string, Lane>();
  const underWay = new Set<Promise<void>>();
  /** When an endpoint's delivery was last given a run. */
  const startedMs = new Map<string, number>();
  const slots = makeSlots(concurrencyMax);
  let isClosed = false;
  const attempt = deps.makeAttempt(takeOn);

  function takeOn(next: readonly AnnouncedDelivery[]): void {
    if (isClosed) return deps.wake(next);
    for (const one of next) {
      const lane = open(one.endpointId, 1);
      lane.called.push(one);
      fill(one.endpointId, lane);
    }
  }

  function open(endpointId: string, width: number): Lane {
    const nowMs = performance.now();
    const lane = lanes.get(endpointId) ?? {
      called: [],
      rest: [],
      width: Math.min(width, widthMax),
      takers: 0,
      endMs: nowMs + turnMs,
      progressMs: nowMs,
    };
    lanes.set(endpointId, lane);
    return lane;
  }

  /** As many takers as the width allows and the work needs. */
  function fill(endpointId: string, lane: Lane): void {
    const missing = Math.min(lane.width - lane.takers, lane.called.length + lane.rest.length);
    for (let n = 0; n < missing; n += 1) {
      lane.takers += 1;
      // A fault is the database's; the rows are due again later.
      const taker: Promise<void> = takeTurns(lane, () => {
        lane.takers -= 1;
        if (lane.takers === 0) lanes.delete(endpointId);
      })
        .catch(() => undefined)
        .finally(() => underWay.delete(taker));
      underWay.add(taker);
    }
  }

  /** `leave` is called in the moment in which no work is left, so that what comes later is seen. */
  async function takeTurns(lane: Lane, leave: () => void): Promise<void> {
    const { called, rest } = lane;
    try {
      for (;;) {
        const isCalled = called.length > 0;
        const next = called.shift() ?? rest.shift();
        if (next === undefined) return;
        if (isClosed || (!isCalled && performance.now() > lane.endMs)) {
          await deps.putBack([next, ...rest.splice(0)], 0);
          continue;
        }
        const { tenantId, deliveryId, retry } = next;
        const result = await slots.use(() =>
          attempt({ tenantId, deliveryId, retry, lane: 'burst' }),
        );
        lane.progressMs = performance.now();
        await settleRest(result, next, rest);
      }
    } finally {
      leave();
    }
  }

  /** What one attempt says about the others of its endpoint. */
  async function settleRest(
    result: AttemptResult,
    delivery: AnnouncedDelivery,
    rest: AnnouncedDelivery[],
  ): Promise<void> {
    // The others would only fare the same. They line up behind one that gets a run of its own, which
    // has the patience for such an endpoint and calls the next when it is done.
    if (result.kind === 'turned_away') {
      const { endpointId } = delivery;
      const nowMs = performance.now();
      // Until that run takes the place, everyone finds it free, and would be given a run in vain.
      if (result.isDown && nowMs - (startedMs.get(endpointId) ?? -Infinity) < handoverMs) {
        return deps.putBack([delivery, ...rest.splice(0)], handoverMs);
      }
      startedMs.set(endpointId, nowMs);
      await deps.lineUp(rest.splice(0));
      return deps.start([delivery]);
    }
    // A failed attempt says nothing: how many may be tried at once is the endpoint's to decide.
    if (result.kind === 'settled' || result.reason === 'retry') return;
    if (result.reason === 'trouble' && rest.length > 0) {
      takeOn(await deps.lineUpBehind(rest.splice(0)));
    }
    if (result.reason === 'place') await deps.putBack(rest.splice(0), placeWaitMs);
    if (result.reason === 'rate') await deps.putBack(rest.splice(0), result.waitMs);
  }

  const hangs = ({ progressMs }: Lane): boolean => performance.now() - progressMs > hangingMinMs;

  async function untilEmpty(): Promise<void> {
    while (underWay.size > 0) await Promise.all(underWay);
  }

  return {
    async add(endpointId, deliveries, width) {
      const nowMs = performance.now();
      const lane = open(endpointId, width);
      const hangingMs = nowMs - lane.progressMs;
      // One that has enough to do is not given more; one that takes its time is asked ever less often.
      if (lane.rest.length > 0 || hangingMs > hangingMinMs) {
        await deps.putBack(deliveries, Math.max(turnMs, hangingMs));
        return false;
      }
      lane.endMs = nowMs + turnMs;
      lane.rest.push(...deliveries);
      fill(endpointId, lane);
      return true;
    },
    isEmpty: () => lanes.size === 0,
    isHanging: () => [...lanes.values()].some(hangs),
    async settle(waitMs) {
      const endMs = performance.now() + waitMs;
      while (performance.now() < endMs && ![...lanes.values()].every(hangs)) {
        await Promise.race([untilEmpty(), sleep(settlePollMs)]);
      }
    },
    async close() {
      isClosed = true;
      const heart = setInterval(deps.heartbeat, 1_000);
      await untilEmpty().finally(() => clearInterval(heart));
    },
  };
}
