import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** An example as a process of its own, in a bare environment. */
export interface RunningExample {
  /** All that it has printed. */
  readonly output: () => string;
  /** Ends it without a word, as a failing machine does. */
  kill(): void;
  /** As Ctrl-C does. */
  stop(): Promise<number | null>;
  /** How it ended: null when it was killed. */
  readonly exited: Promise<number | null>;
}

export function startExample(
  name: 'support-bot' | 'reconcile',
  env: Readonly<Record<string, string>>,
  args: readonly string[] = [],
): RunningExample {
  const main = fileURLToPath(new URL(`../../examples/${name}/main.ts`, import.meta.url));
  const child = spawn(process.execPath, [main, ...args], {
    env: { PATH: process.env['PATH'] ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => (text += chunk.toString('utf8')));
  }
  const exited = new Promise<number | null>((resolve) => child.once('close', resolve));
  return {
    output: () => text,
    kill: () => void child.kill('SIGKILL'),
    async stop() {
      child.kill('SIGTERM');
      return exited;
    },
    exited,
  };
}

/** Numbers below 1 that look random and are the same for the same seed. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
