/** A bounded number of places, given out in the order of asking. */
export interface Slots {
  /** A place, as the function that gives it back; undefined when none is free within `waitMs`. */
  take(waitMs: number): Promise<(() => void) | undefined>;
  /** Makes a call in a place, however long that takes to come free. */
  use<Result>(call: () => Promise<Result>): Promise<Result>;
  /** How many wait for a place. */
  waiting(): number;
}

export function makeSlots(count: number): Slots {
  let free = count;
  const waiting = new Set<() => void>();

  function release(): void {
    const [next] = waiting;
    if (next !== undefined) waiting.delete(next);
    // The place is handed on, so that nobody who asks later can take it in between.
    if (next === undefined) free += 1;
    else next();
  }

  return {
    take(waitMs) {
      if (free > 0) {
        free -= 1;
        return Promise.resolve(release);
      }
      return new Promise((resolve) => {
        const timer = setTimeout(() => {
          waiting.delete(take);
          resolve(undefined);
        }, waitMs);
        function take(): void {
          waiting.delete(take);
          clearTimeout(timer);
          resolve(release);
        }
        waiting.add(take);
      });
    },
    async use(call) {
      if (free > 0) free -= 1;
      else await new Promise<void>((resolve) => void waiting.add(resolve));
      try {
        return await call();
      } finally {
        release();
      }
    },
    waiting: () => waiting.size,
  };
}
