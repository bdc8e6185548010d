/** A bounded number of places, given out in the order of asking. */
export interface Slots {
  /** A place, as the function that gives it back; undefined when none is free within `waitMs`. */
  take(waitMs: number): Promise<(() => void) | undefined>;
}

export function makeSlots(count: number): Slots {
  let free = count;
  const waiting = new Set<() => void>();

  function release(): void {
    const [next] = waiting;
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
  };
}
