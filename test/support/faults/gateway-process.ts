import { mkdtempSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { startChild, type Child } from '../../../apps/dev/children.ts';
import { parseLine } from '../../../apps/dev/log-view.ts';
import { serviceNodeOptions } from '../../../shared/config/node-options.ts';
import { codeCache } from '../code-cache.ts';
import { eventually } from '../eventually.ts';

/** A gateway in a process of its own, started as an operator would start it. */
export interface GatewayProcess {
  readonly url: string;
  readonly child: Child;
  /** The events it has logged so far. */
  readonly events: readonly string[];
  /** Ends it with no chance to finish anything. */
  kill(): Promise<void>;
}

const main = fileURLToPath(new URL('../../../apps/gateway/main.ts', import.meta.url));
const readyWithinMs = 60_000;

/** Children that still run when this process ends must not outlive it. */
const running = new Set<Child>();
process.once('exit', () => {
  for (const child of running) child.signal('SIGKILL');
});

/**
 * Starts a gateway with exactly these settings, and waits until it listens and, unless
 * `isTemporalAway`, has reached Temporal. Its log goes below `dir`.
 */
export async function spawnGateway(options: {
  readonly dir: string;
  readonly env: Readonly<Record<string, string>>;
  readonly isTemporalAway?: boolean;
  /** Options of the runtime, such as those of its profiler. */
  readonly nodeOptions?: readonly string[];
}): Promise<GatewayProcess> {
  const events: string[] = [];
  let url = '';
  const child = startChild({
    name: 'gateway',
    dir: mkdtempSync(path.join(options.dir, 'gateway-')),
    command: process.execPath,
    args: [...serviceNodeOptions, ...(options.nodeOptions ?? []), main],
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...codeCache(), ...options.env },
    onLine(line) {
      const entry = parseLine(line);
      if (typeof entry?.event === 'string') events.push(entry.event);
      if (entry?.event === 'gateway.listening') url = String(entry['url']);
    },
  });
  running.add(child);
  void child.exited.then(() => running.delete(child));
  await eventually(() => {
    if (child.hasExited()) throw new Error(`the gateway ended; see ${child.logFile}`);
    const isConnected = options.isTemporalAway || events.includes('engine.connected');
    if (url === '' || !isConnected) throw new Error(`the gateway is not up; see ${child.logFile}`);
  }, readyWithinMs);
  return { url, child, events, kill: () => child.stop('SIGKILL') };
}
