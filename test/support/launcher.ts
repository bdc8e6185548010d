import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { codeCache } from './code-cache.ts';
import { eventually } from './eventually.ts';

const main = fileURLToPath(new URL('../../apps/dev/start.ts', import.meta.url));
const readyWithinMs = 90_000;

/** `npm start` as a process, with everything it has started. */
export interface Launcher {
  readonly output: () => string;
  /** As Ctrl-C does; waits until everything is stopped. */
  stop(): Promise<void>;
}

/** Starts the launcher on a data folder, and waits until it says that it is ready. */
export async function startLauncher(dir: string): Promise<Launcher> {
  const child = spawn(process.execPath, [main], {
    env: {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      ...codeCache(),
      TIDEGATE_DATA_DIR: dir,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = new Promise((resolve) => child.once('exit', resolve));
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => (text += chunk.toString('utf8')));
  }
  const stop = async (): Promise<void> => {
    child.kill('SIGINT');
    await exited;
  };
  try {
    await eventually(() => expect(text).toContain('Ctrl-C stops everything'), readyWithinMs);
  } catch (error) {
    await stop();
    throw error;
  }
  return { output: () => text, stop };
}
