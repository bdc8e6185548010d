import { availableParallelism } from 'node:os';
import { TidegateError } from '../errors/tidegate-error.ts';
import type { ChildRequest, ChildRun, EvaluatorChild } from './child-process.ts';
import { makeFairQueue } from './fair-queue.ts';
import { makeNursery } from './nursery.ts';

/**
 * What children are shared for: `shared`, all tenants one after the other; `tenant`, one tenant, and
 * a new child for the next.
 */
export type Isolation = 'shared' | 'tenant';

export interface PoolOptions {
  readonly children: number;
  readonly isolation: Isolation;
  /** Told of a child that ended although nobody ended it, or that did not come up. */
  readonly onChildLost: (reason: string) => void;
}

/** A bounded number of child processes that tenants use in turn. */
export interface Pool {
  /** Rejects when too many wait, when the wait takes too long, and when the pool is closed. */
  run(tenantId: string, request: ChildRequest): Promise<ChildRun>;
  close(): Promise<void>;
}

interface Waiter {
  readonly tenantId: string;
  give(child: EvaluatorChild): void;
  fail(error: Error): void;
}

/** Requests that may wait for a child. More than that is refused rather than remembered. */
const waitingMax = 4_000;
const waitingPerTenantMax = 1_000;
/** Longest wait for a child, in milliseconds: nobody waits for the answer any more. */
const waitMs = 30_000;
/** A child is replaced after this many jobs, so that what one leaves behind stays bounded. */
const jobsPerChildMax = 1_000;

/** One child for each processor but one, at least one, and one that is warm when another is replaced. */
export function defaultChildren(): number {
  return Math.max(1, availableParallelism() - 1) + 1;
}

export function makePool(options: PoolOptions): Pool {
  const idle: EvaluatorChild[] = [];
  const tenantOf = new WeakMap<EvaluatorChild, string>();
  const queue = makeFairQueue<Waiter>({
    waitingMax,
    waitingPerTenantMax,
    runningPerTenantMax: Math.max(1, options.children - 1),
  });
  let isClosed = false;

  function offer(child: EvaluatorChild): void {
    if (child.jobsDone >= jobsPerChildMax) return child.kill();
    idle.push(child);
    serve();
  }

  /** Gives the children that are idle to those that wait, in turn. */
  function serve(): void {
    for (const child of idle.toReversed()) {
      const waiter = queue.take((tenantId) => isFor(child, tenantId));
      if (waiter !== undefined) {
        takeOut(child);
        tenantOf.set(child, waiter.tenantId);
        waiter.give(child);
      } else if (queue.hasNext()) {
        // It is for another tenant: the child that takes its place is for any.
        takeOut(child);
        child.kill();
      }
    }
  }

  function isFor(child: EvaluatorChild, tenantId: string): boolean {
    return options.isolation === 'shared' || (tenantOf.get(child) ?? tenantId) === tenantId;
  }

  /** True when the child was idle. */
  function takeOut(child: EvaluatorChild): boolean {
    const index = idle.indexOf(child);
    return index >= 0 && idle.splice(index, 1).length > 0;
  }

  function failAll(error: Error): void {
    for (const waiter of queue.drain()) waiter.fail(error);
  }

  function takeChild(tenantId: string): Promise<EvaluatorChild> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        queue.remove(tenantId, waiter);
        reject(overloaded('No evaluator process became free in time.'));
      }, waitMs);
      const waiter: Waiter = {
        tenantId,
        give(child) {
          clearTimeout(timer);
          resolve(child);
        },
        fail(error) {
          clearTimeout(timer);
          reject(error);
        },
      };
      if (queue.add(tenantId, waiter)) serve();
      else waiter.fail(overloaded('Too many expressions are waiting to be evaluated.'));
    });
  }

  async function runOnce(tenantId: string, request: ChildRequest): Promise<ChildRun> {
    if (isClosed) throw closed();
    const child = await takeChild(tenantId);
    const run = await child.run(request);
    queue.done(tenantId);
    if (run.end.kind === 'lost' && !isClosed) options.onChildLost(run.end.reason);
    if (child.isAlive()) offer(child);
    else serve();
    return run;
  }

  const nursery = makeNursery({
    children: options.children,
    onReady: offer,
    onGone: (child, how) => {
      if (takeOut(child)) options.onChildLost(`an idle evaluator process ended (${how})`);
    },
    onFailedStart: (how, isBroken) => {
      options.onChildLost(`an evaluator process did not come up (${how})`);
      if (isBroken) failAll(overloaded('No evaluator process comes up.'));
    },
  });

  return {
    async run(tenantId, request) {
      // A process that died while it was idle is noticed when it takes a job: then another takes it.
      for (let left = options.children; ; left -= 1) {
        const run = await runOnce(tenantId, request);
        if (run.end.kind !== 'lost' || run.end.hasBegun || left === 0) return run;
      }
    },
    async close() {
      isClosed = true;
      failAll(closed());
      await nursery.close();
    },
  };
}

const overloaded = (detail: string): TidegateError => new TidegateError('unavailable', detail);
const closed = (): Error => new Error('the evaluator is closed');
