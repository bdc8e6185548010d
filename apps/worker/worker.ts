import { fastify } from 'fastify';
import { noGateway } from '../../activities/dispatch/activities.ts';
import type { Config } from '../../shared/config/schema.ts';
import type { TemporalConfig } from '../../shared/config/temporal.ts';
import { healthRoutes } from '../../shared/telemetry/health.ts';
import type { Logger } from '../../shared/telemetry/logger.ts';
import { openFoundation } from './compose.ts';
import { startEngine } from './engine.ts';
import { serveMetrics } from './metrics-server.ts';
import { makeProcessHealth } from './process-health.ts';

export interface WorkerProcess {
  /** Where the health routes are, as a URL without a trailing slash. */
  readonly url: string;
  /** Takes no more work, finishes what runs, closes what was opened, in reverse order. */
  close(): Promise<void>;
}

/** Builds and starts a worker process: it serves every task queue, and its health over HTTP. */
export async function startWorker(
  config: Config,
  temporal: TemporalConfig,
  log: Logger,
): Promise<WorkerProcess> {
  const foundation = await openFoundation(config, log, 'tidegate-worker', {
    isInbound: true,
    isHandlers: true,
  });
  const engine = startEngine({
    log,
    temporal,
    // Senders wait in gateways, which learn of an outcome from the server.
    makeWorkers: (connection, namespace) =>
      foundation.makeWorkers(connection, namespace, noGateway),
  });
  const app = fastify({ logger: false });
  const health = makeProcessHealth(foundation, engine, config);
  await app.register(healthRoutes, {
    // Without Temporal a worker does nothing.
    required: {
      database: health.database,
      migrations: health.migrations,
      temporal: health.temporal,
    },
    reported: { pollers: health.pollers },
    about: health.about,
  });
  const url = await app.listen({
    host: config.TIDEGATE_HOST,
    port: config.TIDEGATE_WORKER_HEALTH_PORT,
  });
  const metricsServer = await serveMetrics(config, foundation.metrics, log);
  log.info({ event: 'worker.listening', url }, 'the worker answers for its health');
  return {
    url,
    async close() {
      await engine.close();
      await app.close();
      await metricsServer.close();
      await foundation.close();
    },
  };
}
