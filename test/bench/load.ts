import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';

/** Latencies in milliseconds, and what becomes of them. */
export interface Latencies {
  readonly count: number;
  /** The value below which this share of them lies, 0 to 1. NaN when there are none. */
  at(share: number): number;
}

export function summarise(samplesMs: readonly number[]): Latencies {
  const sorted = samplesMs.toSorted((a, b) => a - b);
  return {
    count: sorted.length,
    at: (share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN,
  };
}

/**
 * Calls `once` at a fixed rate for so many seconds, whatever becomes of earlier calls, and waits for
 * the last. Latency counts from the moment a call was meant to be made, so that a stall is not hidden
 * by calls that were made late. A rejected call counts as an error and has no latency.
 */
export async function openLoop(
  load: { readonly perSecond: number; readonly seconds: number },
  once: () => Promise<void>,
): Promise<{ readonly latencies: Latencies; readonly errors: number }> {
  const samplesMs: number[] = [];
  const open: Promise<void>[] = [];
  let errors = 0;
  const startMs = performance.now();
  for (let n = 0; n < load.perSecond * load.seconds; n += 1) {
    const intendedMs = startMs + (n * 1_000) / load.perSecond;
    const aheadMs = intendedMs - performance.now();
    if (aheadMs > 1) await sleep(aheadMs);
    open.push(
      once().then(
        () => void samplesMs.push(performance.now() - intendedMs),
        () => void (errors += 1),
      ),
    );
  }
  await Promise.all(open);
  return { latencies: summarise(samplesMs), errors };
}

/** Keeps so many calls under way for so many seconds, then lets the last of them end. */
export async function keepInFlight(
  load: { readonly inFlight: number; readonly seconds: number },
  once: () => Promise<void>,
): Promise<{ readonly elapsedSeconds: number; readonly latencies: Latencies }> {
  const samplesMs: number[] = [];
  const beginMs = performance.now();
  const endMs = beginMs + load.seconds * 1_000;
  async function lane(): Promise<void> {
    while (performance.now() < endMs) {
      const startedMs = performance.now();
      await once();
      samplesMs.push(performance.now() - startedMs);
    }
  }
  await Promise.all(Array.from({ length: load.inFlight }, lane));
  const elapsedSeconds = (performance.now() - beginMs) / 1_000;
  return { elapsedSeconds, latencies: summarise(samplesMs) };
}
