/** A signal that fires at a deadline, or when the caller's does. */
export interface Deadline {
  readonly signal: AbortSignal;
  /** Whether the time ran out, rather than the caller gave up. */
  readonly isOver: () => boolean;
  /** Takes the clock and the listener away. To be called however the work ends. */
  readonly release: () => void;
}

/**
 * Starts a clock of `timeoutMs` milliseconds. Made by hand: joined signals of the platform stay on a
 * caller's signal for as long as that lives, and a worker's lives as long as the worker.
 */
export function startDeadline(timeoutMs: number, callerSignal?: AbortSignal): Deadline {
  const controller = new AbortController();
  let isOver = false;
  const giveUp = (): void => controller.abort(callerSignal?.reason);
  const clock = setTimeout(() => {
    isOver = true;
    controller.abort(new Error(`not done after ${timeoutMs} ms`));
  }, timeoutMs);
  if (callerSignal?.aborted) giveUp();
  callerSignal?.addEventListener('abort', giveUp, { once: true });
  return {
    signal: controller.signal,
    isOver: () => isOver,
    release: () => {
      clearTimeout(clock);
      callerSignal?.removeEventListener('abort', giveUp);
    },
  };
}
