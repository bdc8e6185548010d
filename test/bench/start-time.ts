import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';

const launcher = fileURLToPath(new URL('../../apps/dev/start.ts', import.meta.url));

/**
 * Seconds from `npm start` to the answer of a signed webhook, the second time, with the data folder
 * and the caches of a first start. The webhook is the command that the launcher prints.
 */
export async function measureStart(): Promise<number> {
  const dir = mkdtempSync(path.join(os.tmpdir(), 'tidegate-bench-start-'));
  // Postgres runs as a user of its own where this runs as root.
  chmodSync(dir, 0o755);
  try {
    await startOnce(dir);
    return await startOnce(dir);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

async function startOnce(dir: string): Promise<number> {
  const startedMs = performance.now();
  const child = spawn(process.execPath, [launcher], {
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], TIDEGATE_DATA_DIR: dir },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  try {
    const status = await run(await printedCommand(child.stdout));
    if (status !== 200) throw new Error(`the printed command was answered ${status}`);
    return (performance.now() - startedMs) / 1_000;
  } finally {
    child.kill('SIGTERM');
    await exited;
  }
}

/** The curl command that stands in the launcher's banner, from its name to its body. */
function printedCommand(output: NodeJS.ReadableStream): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    output.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      const command = /curl -sS[\s\S]*?-d '[^']*'/.exec(text)?.[0];
      if (command !== undefined) resolve(command);
    });
    output.once('end', () => reject(new Error(`the launcher ended:\n${text}`)));
  });
}

/** Sends what the command would send. */
async function run(command: string): Promise<number> {
  const url = /https?:\S+/.exec(command)?.[0] ?? '';
  const headers = [...command.matchAll(/-H '([^:']+): ([^']*)'/g)].map(
    ([, name = '', value = '']) => [name, value] as [string, string],
  );
  const body = /-d '([^']*)'/.exec(command)?.[1] ?? '';
  return (await fetch(url, { method: 'POST', headers, body })).status;
}
