import { TidegateError } from '../errors/tidegate-error.ts';
import { startChild, type EvaluatorChild } from './child-process.ts';
import type { EvaluationContext, EvaluationResult, Expression } from './protocol.ts';

export interface EvaluationRequest {
  readonly expressions: readonly Expression[];
  readonly context: EvaluationContext;
  /** Wall time after which the child that runs one expression is killed, in milliseconds. */
  readonly wallMsPerExpression: number;
}

/** Evaluates tenants' JSONata in killable child processes. The only way to do so in Tidegate. */
export interface Evaluator {
  /**
   * One result for each expression, in order. An expression that had to be killed, or whose child
   * died, is reported as failed, and so are the ones after it, not evaluated. Rejects only when the queue is full
   * or the evaluator is closed.
   */
  evaluate(request: EvaluationRequest): Promise<readonly EvaluationResult[]>;
  close(): Promise<void>;
}

/** A result larger than this is refused (S-040). */
const resultBytesMax = 256 * 1_024;
/** Requests that may wait for a child. More than that is refused rather than remembered. */
const waitingMax = 1_000;
/** A child is replaced after this many jobs, so that what one leaves behind stays bounded. */
const jobsPerChildMax = 1_000;
const respawnWaitMs = 1_000;

export function makeEvaluator(options: { readonly children: number }): Evaluator {
  const idle: EvaluatorChild[] = [];
  const waiting: ((child: EvaluatorChild) => void)[] = [];
  const all = new Set<EvaluatorChild>();
  let isClosed = false;

  function spawn(): void {
    if (isClosed) return;
    const child = startChild();
    all.add(child);
    void child.ready.then((isReady) => {
      if (isReady) offer(child);
      child.onExit(() => {
        all.delete(child);
        const index = idle.indexOf(child);
        if (index >= 0) idle.splice(index, 1);
        // A child that never came up would not come up at once either.
        setTimeout(spawn, isReady ? 0 : respawnWaitMs).unref();
      });
    });
  }

  function offer(child: EvaluatorChild): void {
    if (child.jobsDone >= jobsPerChildMax) return child.kill();
    const next = waiting.shift();
    if (next === undefined) idle.push(child);
    else next(child);
  }

  function takeChild(): Promise<EvaluatorChild> {
    const child = idle.pop();
    if (child !== undefined) return Promise.resolve(child);
    if (waiting.length >= waitingMax) {
      return Promise.reject(
        new TidegateError('unavailable', 'Too many expressions are waiting to be evaluated.'),
      );
    }
    return new Promise((resolve) => waiting.push(resolve));
  }

  for (let n = 0; n < options.children; n += 1) spawn();

  return {
    async evaluate(request) {
      if (isClosed) throw new Error('the evaluator is closed');
      if (request.expressions.length === 0) return [];
      const child = await takeChild();
      const results = await child.run({ ...request, resultBytesMax });
      if (child.isAlive()) offer(child);
      return results;
    },
    async close() {
      isClosed = true;
      await Promise.all([...all].map((child) => child.stop()));
    },
  };
}
