import path from 'node:path';
import { Connection } from '@temporalio/client';
import { startChild, untilReady, type Child } from './children.ts';

/** A Temporal server for the local stack and the tests. */
export interface LocalTemporal {
  /** host:port of the frontend. */
  readonly address: string;
  /** Address of the web UI, or undefined when it runs without one. */
  readonly uiUrl: string | undefined;
  readonly child: Child;
  stop(): Promise<void>;
}

export interface LocalTemporalOptions {
  readonly binary: string;
  /** State, log and pid file go below this folder. */
  readonly dir: string;
  readonly port: number;
  /** Undefined runs the server without its web UI. */
  readonly uiPort?: number;
  /** For throw-away test servers: state in memory, which takes half the processor time. */
  readonly isDisposable?: boolean;
}

const host = '127.0.0.1';

/**
 * Starts the development server on a state file, so that a restart loses nothing, unless it is
 * disposable. Readiness is an answer of our own child: an open port alone may be somebody else's.
 */
export async function startLocalTemporal(options: LocalTemporalOptions): Promise<LocalTemporal> {
  const child = startChild({
    name: 'temporal',
    dir: options.dir,
    command: options.binary,
    args: serverArguments(options),
  });
  const address = `${host}:${options.port}`;
  await untilReady(child, () => probe(address));
  const uiUrl = options.uiPort === undefined ? undefined : `http://${host}:${options.uiPort}`;
  return { address, uiUrl, child, stop: () => child.stop('SIGTERM') };
}

function serverArguments(options: LocalTemporalOptions): string[] {
  const flags = {
    '--ip': host,
    '--port': String(options.port),
    '--log-level': 'warn',
    ...(options.isDisposable ? {} : { '--db-filename': path.join(options.dir, 'temporal.db') }),
    ...(options.uiPort === undefined ? {} : { '--ui-port': String(options.uiPort) }),
  };
  // Without these two, fairness keys are silently ignored.
  const settings = ['matching.useNewMatcher=true', 'matching.enableFairness=true'];
  return [
    'server',
    'start-dev',
    ...Object.entries(flags).flat(),
    ...settings.flatMap((setting) => ['--dynamic-config-value', setting]),
    ...(options.uiPort === undefined ? ['--headless'] : []),
  ];
}

async function probe(address: string): Promise<void> {
  const connection = await Connection.connect({ address, connectTimeout: 1_000 });
  try {
    await connection.workflowService.describeNamespace({ namespace: 'default' });
  } finally {
    await connection.close();
  }
}
