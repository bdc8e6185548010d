import { fastify } from 'fastify';
import type { Config } from '../../shared/config/schema.ts';
import type { Logger } from '../../shared/telemetry/logger.ts';
import type { Metrics } from '../../shared/telemetry/metrics.ts';

/**
 * Serves `/metrics` on a port of its own, where nobody from outside comes by; nothing without
 * TIDEGATE_METRICS_PORT. While the database is away it answers 503.
 */
export async function serveMetrics(
  config: Config,
  metrics: Metrics,
  log: Logger,
): Promise<{ close(): Promise<void> }> {
  const port = config.TIDEGATE_METRICS_PORT;
  if (port === undefined) return { close: () => Promise.resolve() };
  const app = fastify({ logger: false });
  app.get('/metrics', async (_request, reply) => {
    const text = await metrics.text().catch((error: unknown) => {
      log.warn({ event: 'metrics.unavailable', err: error }, 'the database cannot be asked');
      return undefined;
    });
    if (text === undefined) return reply.code(503).send();
    return reply.type('text/plain; version=0.0.4; charset=utf-8').send(text);
  });
  const url = await app.listen({ host: config.TIDEGATE_HOST, port });
  log.info({ event: 'metrics.listening', url }, 'metrics are served');
  return { close: () => app.close() };
}
