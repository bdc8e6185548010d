import type { FastifyInstance } from 'fastify';
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import { problemForm, type ErrorForm } from './error-form.ts';

/** What all routes of the API share: schemas that validate, errors of one shape, a request id. */
export function useApiConventions(app: FastifyInstance, errors: ErrorForm = problemForm): void {
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.setErrorHandler(errors.answer);
  app.addHook('onRequest', async (request, reply) => {
    reply.headers({ 'x-request-id': request.id, 'cache-control': 'no-store' });
  });
}
