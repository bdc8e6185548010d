export interface Loop {
  /** Begins no other turn, and waits for the one under way. */
  stop(): Promise<void>;
}

/** Runs one turn after the other, the first one now. Each says how long the pause after it is, in milliseconds. */
export function startLoop(work: {
  turn(): Promise<number>;
  /** The pause after a turn that rejected. */
  onError(error: unknown): number;
}): Loop {
  let isStopped = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let running: Promise<void> = Promise.resolve();

  async function turn(): Promise<void> {
    const pauseMs = await work.turn().catch((error: unknown) => work.onError(error));
    if (!isStopped) timer = setTimeout(next, pauseMs);
  }
  function next(): void {
    running = turn();
  }
  next();

  return {
    async stop() {
      isStopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}
