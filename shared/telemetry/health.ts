import type { FastifyPluginCallback } from 'fastify';
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import { z } from 'zod';

/** One thing a process depends on: undefined while it is well, else the reason it is not. */
export type HealthCheck = () => Promise<string | undefined>;

export interface HealthOptions {
  /** Checks that decide readiness. */
  readonly required: Readonly<Record<string, HealthCheck>>;
  /** Checks that are shown only: the process does its duty without. */
  readonly reported: Readonly<Record<string, HealthCheck>>;
  /** Facts for the reader, such as the schema version the code wants. */
  readonly about: Readonly<Record<string, string>>;
}

const livezSchema = {
  tags: ['Operations'],
  operationId: 'readLiveness',
  summary: 'Whether the process answers',
  response: { 200: z.strictObject({ status: z.literal('ok') }).describe('It does') },
};

const readinessSchema = z.looseObject({
  status: z.enum(['ok', 'unavailable']),
  checks: z.record(z.string(), z.string()).describe('`ok`, or the reason why not'),
});
const readyzSchema = {
  tags: ['Operations'],
  operationId: 'readReadiness',
  summary: 'Whether the process can do its work',
  response: {
    200: readinessSchema.describe('It can'),
    503: readinessSchema.describe('It cannot; `checks` says why'),
  },
};

/** `/livez`: the process answers. `/readyz`: it can do its work, with the reason when it cannot. */
export const healthRoutes: FastifyPluginCallback<HealthOptions> = (app, options, done) => {
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.get('/livez', { schema: livezSchema }, () => ({ status: 'ok' }));
  app.get('/readyz', { schema: readyzSchema }, async (_request, reply) => {
    const [required, reported] = await Promise.all([
      runChecks(options.required),
      runChecks(options.reported),
    ]);
    const isReady = Object.values(required).every((state) => state === 'ok');
    return reply.code(isReady ? 200 : 503).send({
      status: isReady ? 'ok' : 'unavailable',
      checks: { ...required, ...reported },
      ...options.about,
    });
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
