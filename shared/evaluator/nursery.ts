import { startChild, type EvaluatorChild } from './child-process.ts';

export interface NurseryOptions {
  /** How many children there are to be. */
  readonly children: number;
  /** Told of a child that takes requests now. */
  readonly onReady: (child: EvaluatorChild) => void;
  /** Told of a child that took requests and is gone, with how it ended. */
  readonly onGone: (child: EvaluatorChild, how: string) => void;
  /** Told of a child that did not come up; `isBroken` when none does. */
  readonly onFailedStart: (how: string, isBroken: boolean) => void;
}

/** Keeps a number of children alive: each that is gone is replaced by a new one. */
export interface Nursery {
  /** Ends all children and waits until they are gone. */
  close(): Promise<void>;
}

/** Wait before the next try after a child that did not come up, in milliseconds. */
const respawnWaitMs = 1_000;

export function makeNursery(options: NurseryOptions): Nursery {
  const all = new Set<EvaluatorChild>();
  let upCount = 0;
  let failedStarts = 0;
  let isClosed = false;

  /** One place in the nursery: a child, and after it the next one. */
  async function keep(): Promise<void> {
    const child = startChild();
    all.add(child);
    const isReady = await child.ready;
    if (isReady) {
      upCount += 1;
      failedStarts = 0;
      options.onReady(child);
    }
    const how = await child.gone;
    all.delete(child);
    if (isReady) upCount -= 1;
    else failedStarts += 1;
    if (isClosed) return;
    if (isReady) options.onGone(child, how);
    else options.onFailedStart(how, upCount === 0 && failedStarts > options.children);
    setTimeout(() => isClosed || void keep(), isReady ? 0 : respawnWaitMs).unref();
  }

  for (let n = 0; n < options.children; n += 1) void keep();

  return {
    async close() {
      isClosed = true;
      for (const child of all) child.kill();
      await Promise.all([...all].map((child) => child.gone));
    },
  };
}
