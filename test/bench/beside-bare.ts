import { startBareEngine } from './bare.ts';
import type { BareResult, BareRun } from './bare-engine.ts';
import {
  eachConsumer,
  perUnit,
  processorTime,
  type MeasuredProcesses,
  type ProcessorTime,
} from './processor-time.ts';
import type { BenchStack } from './stack.ts';

/** Tidegate's side of a comparison, or the bare engine's. */
export interface Side {
  readonly perSecond: number;
  /** For one that was completed, in milliseconds. */
  readonly cpu: ProcessorTime;
}

export interface Comparison {
  readonly bare: Side;
  readonly own: Side;
  /** The median of the rounds' ratios: only what was measured side by side is compared. */
  readonly ratio: number;
}

export interface Load {
  readonly rounds: number;
  /** Of each side in a round. */
  readonly seconds: number;
}

export const inFlight = 64;

/**
 * Completes things with 64 in flight, in turns with the bare engine, so that both meet the same machine.
 * `complete` ends once all of a run is done.
 */
export async function besideBare(
  stack: BenchStack,
  { rounds, seconds }: Load,
  complete: (run: BareRun) => Promise<BareResult>,
): Promise<Comparison> {
  const engine = await startBareEngine(stack.temporalAddress);
  const besides = { ...stack.processes, node: engine.pid };
  const run = { seconds, inFlight };
  const found: { readonly bare: Side; readonly own: Side }[] = [];
  try {
    // The first round warms both up and is not counted.
    for (let round = 0; round <= rounds; round += 1) {
      const bare = await measured(besides, () => engine.run(run));
      const own = await measured(stack.processes, () => complete(run));
      if (round > 0) found.push({ bare, own });
    }
  } finally {
    engine.stop();
  }
  return {
    bare: middle(found.map(({ bare }) => bare)),
    own: middle(found.map(({ own }) => own)),
    ratio: median(found.map(({ bare, own }) => own.perSecond / bare.perSecond)),
  };
}

async function measured(
  processes: MeasuredProcesses,
  work: () => Promise<BareResult>,
): Promise<Side> {
  const before = processorTime(processes);
  const { count, elapsedSeconds } = await work();
  return {
    perSecond: count / elapsedSeconds,
    cpu: perUnit(before, processorTime(processes), count),
  };
}

const middle = (sides: readonly Side[]): Side => ({
  perSecond: median(sides.map(({ perSecond }) => perSecond)),
  cpu: eachConsumer((name) => median(sides.map(({ cpu }) => cpu[name]))),
});

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}
