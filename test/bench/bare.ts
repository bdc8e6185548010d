import { fork } from 'node:child_process';
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
