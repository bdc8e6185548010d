/** Lets work that nobody waits for make way for requests. */
export interface RightOfWay {
  /**
   * Takes the way for a request, for so many milliseconds at most: after them it waits for somebody
   * else, and keeps nobody from working. Gives the function that ends it.
   */
  take(heldMaxMs: number): () => void;
  /** Resolves when nobody has the way, in the order of asking. */
  whenFree(): Promise<void>;
}

/** The way counts as free once no request has had it for this long. */
const calmMs = 5;
/** However busy it is, one of those who wait goes ahead in this time: a backlog always gets smaller. */
const patienceMs = 500;

/**
 * One process accepts requests and starts what was accepted, and a start costs some twenty times as
 * much as an acceptance. Under a burst the starts would take the processor from the acceptances,
 * although they can as well come after it. `nowMs` is a monotonic clock in milliseconds.
 */
export function makeRightOfWay(deps: { readonly nowMs: () => number }): RightOfWay {
  const { nowMs } = deps;
  const waiting: (() => void)[] = [];
  let held = 0;
  let freeSinceMs = -Infinity;
  let lastTurnMs = -Infinity;
  let timer: NodeJS.Timeout | undefined;

  function plan(): void {
    clearTimeout(timer);
    if (waiting.length === 0) return;
    const calmAtMs = held > 0 ? Infinity : freeSinceMs + calmMs;
    const turnAtMs = Math.min(calmAtMs, lastTurnMs + patienceMs);
    timer = setTimeout(turn, Math.max(0, turnAtMs - nowMs()));
  }

  function turn(): void {
    lastTurnMs = nowMs();
    waiting.shift()?.();
    plan();
  }

  return {
    take(heldMaxMs) {
      held += 1;
      plan();
      let isHeld = true;
      const release = (): void => {
        if (!isHeld) return;
        isHeld = false;
        clearTimeout(limit);
        held -= 1;
        if (held > 0) return;
        freeSinceMs = nowMs();
        plan();
      };
      const limit = setTimeout(release, heldMaxMs);
      return release;
    },
    whenFree() {
      const isFree = held === 0 && nowMs() - freeSinceMs >= calmMs;
      if (isFree && waiting.length === 0) {
        lastTurnMs = nowMs();
        return Promise.resolve();
      }
      return new Promise((resolve) => {
        waiting.push(resolve);
        plan();
      });
    },
  };
}
