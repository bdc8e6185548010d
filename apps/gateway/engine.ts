import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from '@temporalio/client';
import { NativeConnection, type Worker } from '@temporalio/worker';
import type { TemporalConfig } from '../../shared/config/temporal.ts';
import type { Logger } from '../../shared/telemetry/logger.ts';

/** The gateway's link to Temporal: one connection, shared by its client and its worker. */
export interface Engine {
  /** Undefined until Temporal was reached for the first time. */
  readonly client: () => Client | undefined;
  /** Undefined while all is well, else what is missing, for operators. */
  readonly trouble: () => string | undefined;
  close(): Promise<void>;
}

export interface EngineDeps {
  readonly log: Logger;
  readonly temporal: TemporalConfig;
  /** Makes the worker that shares the connection, or undefined when this process has none. */
  readonly makeWorker: (
    connection: NativeConnection,
    namespace: string,
  ) => Promise<Worker | undefined>;
}

const reconnectWaitMs = 1_000;

/**
 * Reaches Temporal in the background and keeps at it: the gateway accepts before, during and after.
 * Once connected, the connection heals itself; a worker that fails is made anew on a new connection.
 */
export function startEngine(deps: EngineDeps): Engine {
  const { connectionOptions, namespace } = deps.temporal;
  const closing = new AbortController();
  let client: Client | undefined;
  let worker: Worker | undefined;
  let trouble: string | undefined = 'Temporal has not been reached yet';

  async function connectAndRun(): Promise<void> {
    const connection = await NativeConnection.connect(connectionOptions);
    try {
      worker = await deps.makeWorker(connection, namespace);
      client = new Client({ connection, namespace });
      trouble = undefined;
      deps.log.info({ event: 'engine.connected', namespace }, 'connected to Temporal');
      const running = worker === undefined ? untilClosed(closing.signal) : worker.run();
      // Closed while the worker was being made: only a running one can be shut down.
      if (closing.signal.aborted) worker?.shutdown();
      await running;
    } finally {
      client = undefined;
      worker = undefined;
      await connection.close();
    }
  }

  async function keepRunning(): Promise<void> {
    while (!closing.signal.aborted) {
      try {
        await connectAndRun();
      } catch (error) {
        trouble = error instanceof Error ? error.message : String(error);
        deps.log.warn(
          { event: 'engine.unreachable', err: error },
          'Temporal cannot be reached; requests are accepted and started later. Check TEMPORAL_ADDRESS and the server.',
        );
      }
      await sleep(reconnectWaitMs, undefined, { signal: closing.signal }).catch(() => undefined);
    }
  }

  const running = keepRunning();
  return {
    client: () => client,
    trouble: () => trouble,
    async close() {
      closing.abort();
      if (worker?.getState() === 'RUNNING') worker.shutdown();
      await running;
    },
  };
}

function untilClosed(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
