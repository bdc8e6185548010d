import type { FastifyPluginCallback } from 'fastify';

/** One thing the gateway depends on: undefined while it is well, else the reason it is not. */
export type HealthCheck = () => Promise<string | undefined>;

interface HealthOptions {
  /**
   * Checks that decide readiness. Temporal is reported but does not: while it is away the gateway
   * still accepts.
   */
  readonly required: Readonly<Record<string, HealthCheck>>;
  readonly reported: Readonly<Record<string, HealthCheck>>;
}

/** `/livez`: the process answers. `/readyz`: it can accept, with the reason when it cannot. */
export const healthRoutes: FastifyPluginCallback<HealthOptions> = (app, options, done) => {
  app.get('/livez', () => ({ status: 'ok' }));
  app.get('/readyz', async (_request, reply) => {
    const [required, reported] = await Promise.all([
      runChecks(options.required),
      runChecks(options.reported),
    ]);
    const isReady = Object.values(required).every((state) => state === 'ok');
    return reply
      .code(isReady ? 200 : 503)
      .send({ status: isReady ? 'ok' : 'unavailable', checks: { ...required, ...reported } });
  });
  done();
};

async function runChecks(
  checks: Readonly<Record<string, HealthCheck>>,
): Promise<Record<string, string>> {
  const entries = Object.entries(checks).map(
    async ([name, check]) => [name, (await check().catch(String)) ?? 'ok'] as const,
  );
  return Object.fromEntries(await Promise.all(entries));
}
