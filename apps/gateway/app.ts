import { randomUUID } from 'node:crypto';
import { fastify, LogController, type FastifyInstance, type FastifyRequest } from 'fastify';
import { healthRoutes, type HealthOptions } from '../../shared/telemetry/health.ts';
import type { Logger } from '../../shared/telemetry/logger.ts';
import { serveOpenApi } from './api/openapi.ts';
import { operatorRoutes, type OperatorDeps } from './api/operator.ts';
import { managementApi, type ApiDeps } from './api/plugin.ts';
import { answerFrameworkError, answerUnrouted } from './api/unrouted.ts';
import { compatApi } from './compat/plugin.ts';
import type { EndpointServices } from './endpoints/services.ts';
import { eventStreamRoute } from './events/stream-route.ts';
import type { Receive } from './receiver/receive.ts';
import { receiverRoutes } from './routes/receiver.ts';

export interface AppDeps {
  readonly log: Logger;
  readonly version: string;
  readonly receive: Receive;
  readonly api: ApiDeps;
  /** For how long events are kept, in days. */
  readonly eventRetentionDays: number;
  /** What the compatibility routes work with. */
  readonly endpoints: EndpointServices;
  readonly operator: OperatorDeps;
  readonly trustedProxies: readonly string[];
  /** Throws when the address of a request has asked too often. */
  readonly admitAddress: (request: FastifyRequest) => void;
  readonly health: HealthOptions;
  /** Told of each answer: the surface, the status, and the time from the request's head in milliseconds. */
  readonly onAnswered: (surface: string, status: number, durationMs: number) => void;
  /** A sender that has not finished its request after this time is cut off. */
  readonly requestTimeoutMs: number;
  /** How long an answer may take after that; a connection on which nothing moves for both is closed. */
  readonly answerTimeoutMs: number;
}

/** Which part of the surface a path belongs to; few values, because it becomes a label. */
function surfaceOf(url: string): string {
  if (url.startsWith('/api/inbound/')) return 'receiver';
  if (url.startsWith('/api/v1/')) return 'api';
  return url.startsWith('/api/webhook') ? 'compatibility' : 'other';
}

/** Builds the gateway's HTTP surface. Never listens: the caller does, or injects requests. */
export function makeApp(deps: AppDeps): FastifyInstance {
  const app = fastify({
    loggerInstance: deps.log,
    // Each route writes one line of its own.
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: () => randomUUID(),
    requestTimeout: deps.requestTimeoutMs,
    connectionTimeout: deps.requestTimeoutMs + deps.answerTimeoutMs,
    http: {
      requestTimeout: deps.requestTimeoutMs,
      headersTimeout: deps.requestTimeoutMs,
      // How often Node looks for connections that are over their time.
      connectionsCheckingInterval: Math.ceil(deps.requestTimeoutMs / 4),
    },
    trustProxy: deps.trustedProxies.length > 0 ? [...deps.trustedProxies] : false,
    routerOptions: { maxParamLength: 200 },
    frameworkErrors: answerFrameworkError,
    // What comes over a connection that is still open while the gateway stops is served as usual.
    return503OnClosing: false,
  }) as unknown as FastifyInstance;
  answerUnrouted(app);
  app.addHook('onRequest', async (request) => deps.admitAddress(request));
  app.addHook('onResponse', async (request, reply) => {
    deps.onAnswered(surfaceOf(request.url), reply.statusCode, reply.elapsedTime);
  });
  serveOpenApi(app, deps.version);
  app.register(receiverRoutes, { receive: deps.receive });
  app.register(managementApi, deps.api);
  app.register(eventStreamRoute, { ...deps.api, eventRetentionDays: deps.eventRetentionDays });
  app.register(compatApi, { api: deps.api, endpoints: deps.endpoints });
  app.register(operatorRoutes, deps.operator);
  app.register(healthRoutes, deps.health);
  return app;
}
