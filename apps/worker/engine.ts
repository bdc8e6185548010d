import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from '@temporalio/client';
import { NativeConnection, type Worker } from '@temporalio/worker';
import type { TemporalConfig } from '../../shared/config/temporal.ts';
import type { Logger } from '../../shared/telemetry/logger.ts';

/** A process's link to Temporal: one connection, shared by its client and its workers. */
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
  /** Makes the workers that share the connection; none when this process serves no queue. */
  readonly makeWorkers: (
    connection: NativeConnection,
    namespace: string,
  ) => Promise<readonly Worker[]>;
}

const reconnectWaitMs = 1_000;

/**
 * Reaches Temporal in the background and keeps at it: a gateway accepts before, during and after.
 * Once connected, the connection heals itself; when a worker fails, all are made anew on a new
 * connection.
 */
export function startEngine(deps: EngineDeps): Engine {
  const { connectionOptions, namespace } = deps.temporal;
  const closing = new AbortController();
  let client: Client | undefined;
  let workers: readonly Worker[] = [];
  let trouble: string | undefined = 'Temporal has not been reached yet';

  async function connectAndRun(): Promise<void> {
    const connecting = NativeConnection.connect(connectionOptions);
    const connection = await Promise.race([connecting, untilClosed(closing.signal)]);
    if (connection === undefined) {
      // A server that is silent must not hold up the shutdown.
      void connecting.then((late) => late.close()).catch(() => undefined);
      return;
    }
    try {
      workers = await deps.makeWorkers(connection, namespace);
      client = new Client({ connection, namespace });
      trouble = undefined;
      deps.log.info({ event: 'engine.connected', namespace }, 'connected to Temporal');
      const running = workers.length === 0 ? untilClosed(closing.signal) : runAll(workers);
      // Closed while the workers were being made: only running ones can be shut down.
      if (closing.signal.aborted) shutDown(workers);
      await running;
    } finally {
      client = undefined;
      workers = [];
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
      shutDown(workers);
      await running;
    },
  };
}

/** Runs workers until all have ended. When one fails the others are ended too, and its error is thrown. */
async function runAll(workers: readonly Worker[]): Promise<void> {
  const results = await Promise.allSettled(
    workers.map((worker) =>
      worker.run().catch((error: unknown) => {
        shutDown(workers);
        throw error;
      }),
    ),
  );
  const failed = results.find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

function shutDown(workers: readonly Worker[]): void {
  for (const worker of workers) {
    if (worker.getState() === 'RUNNING') worker.shutdown();
  }
}

function untilClosed(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
}
