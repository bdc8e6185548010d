import { fastify, LogController, type FastifyInstance } from 'fastify';
import type { Logger } from '../../shared/telemetry/logger.ts';
import type { Receive } from './receiver/receive.ts';
import { healthRoutes, type HealthCheck } from './routes/health.ts';
import { receiverRoutes } from './routes/receiver.ts';

export interface AppDeps {
  readonly log: Logger;
  readonly receive: Receive;
  readonly trustedProxies: readonly string[];
  readonly bodyLimitBytes: number;
  readonly health: {
    readonly required: Readonly<Record<string, HealthCheck>>;
    readonly reported: Readonly<Record<string, HealthCheck>>;
  };
}

/** A sender that has not finished its request after this time is cut off. */
const requestTimeoutMs = 30_000;

/** Builds the gateway's HTTP surface. Never listens: the caller does, or injects requests. */
export function makeApp(deps: AppDeps): FastifyInstance {
  const app = fastify({
    loggerInstance: deps.log,
    // Each route writes one line of its own.
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: deps.bodyLimitBytes,
    requestTimeout: requestTimeoutMs,
    connectionTimeout: requestTimeoutMs,
    trustProxy: deps.trustedProxies.length > 0 ? [...deps.trustedProxies] : false,
    routerOptions: { maxParamLength: 200 },
  });
  app.register(receiverRoutes, { receive: deps.receive });
  app.register(healthRoutes, deps.health);
  return app as unknown as FastifyInstance;
}
