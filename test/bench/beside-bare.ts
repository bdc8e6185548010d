import { startBareEngine } from './bare.ts';
import { consumers, perUnit, processorTime, type ProcessorTime } from './processor-time.ts';
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

/** What a side's run completed, and in which time; it ends once all of it is done. */
export interface Completed {
  readonly count: number;
  readonly elapsedSeconds: number;
}

/**
 * Completes things with 64 in flight, in turns with the bare engine, so that both meet the same machine.
 */
export async function besideBare(
  stack: BenchStack,
  { rounds, seconds }: Load,
  complete: (run: { readonly seconds: number; readonly inFlight: number }) => Promise<Completed>,
): Promise<Comparison> {
  const engine = await startBareEngine(stack.temporalAddress);
  const run = { seconds, inFlight };
  const found: { readonly bare: Side; readonly own: Side }[] = [];
  try {
    // The first round warms both up and is not counted.
    for (let round = 0; round <= rounds; round += 1) {
      const bare = await measured(stack, engine.pid, () => engine.run(run));
      const own = await measured(stack, stack.gateway.child.pid, () => complete(run));
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
  stack: BenchStack,
  node: number,
  work: () => Promise<Completed>,
): Promise<Side> {
  const processes = { ...stack.processes, node };
  const before = processorTime(processes);
  const { count, elapsedSeconds } = await work();
  return {
    perSecond: count / elapsedSeconds,
    cpu: perUnit(before, processorTime(processes), count),
  };
}

function middle(sides: readonly Side[]): Side {
  const cpu = consumers.map((name) => [name, median(sides.map((side) => side.cpu[name]))] as const);
  return {
    perSecond: median(sides.map(({ perSecond }) => perSecond)),
    cpu: Object.fromEntries(cpu) as unknown as ProcessorTime,
  };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}
