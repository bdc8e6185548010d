import { fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { BareResult, BareRun } from './bare-engine.ts';

/** Starts the bare engine in a process of its own, beside which Tidegate is measured. */
export async function startBareEngine(temporalAddress: string) {
  const script = fileURLToPath(new URL('bare-engine.ts', import.meta.url));
  const child = fork(script, [temporalAddress]);
  const answer = <Answer>(): Promise<Answer> =>
    new Promise((resolve) => {
      child.once('message', (message) => resolve(message as Answer));
    });
  await answer();
  return {
    pid: Number(child.pid),
    run(load: BareRun): Promise<BareResult> {
      const result = answer<BareResult>();
      child.send(load);
      return result;
    },
    stop: () => child.disconnect(),
  };
}

/** Processor time that a process has used, in milliseconds, from a clock of 100 ticks a second. */
export function cpuMilliseconds(pid: number): number {
  if (process.platform !== 'linux') return NaN;
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}
