import type { FastifyPluginCallback, FastifyReply, FastifyRequest } from 'fastify';
import { errorCatalogue } from '../../../shared/errors/catalogue.ts';
import { TidegateError } from '../../../shared/errors/tidegate-error.ts';
import { isUnavailable } from '../../../shared/db/pool.ts';
import type { Receive } from '../receiver/receive.ts';

interface ReceiverOptions {
  readonly receive: Receive;
}

interface ReceiverParams {
  readonly tenantSlug: string;
  readonly webhookSlug: string;
}

/** The receiver's routes. Bodies reach the handler as the bytes that came in, whatever their type. */
export const receiverRoutes: FastifyPluginCallback<ReceiverOptions> = (app, options, done) => {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, parsed) =>
    parsed(null, body),
  );
  app.setErrorHandler(answerError);
  app.route<{ Params: ReceiverParams; Querystring: Record<string, unknown> }>({
    method: ['POST', 'PUT', 'PATCH'],
    url: '/api/inbound/:tenantSlug/:webhookSlug',
    handler: async (request, reply) => {
      const { tenantSlug, webhookSlug: hookSlug } = request.params;
      const answer = await options.receive({
        tenantSlug,
        hookSlug,
        method: request.method,
        path: request.url.split('?', 1)[0] ?? '',
        query: request.query,
        headers: request.headers,
        clientIp: request.ip,
        body: Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0),
      });
      request.log.info({
        event: 'inbound.answered',
        tenantSlug,
        hookSlug,
        method: request.method,
        status: answer.status,
        ...answer.body,
        durationMs: Math.round(reply.elapsedTime),
      });
      reply.code(answer.status);
      return answer.body === undefined ? reply.send() : reply.send(answer.body);
    },
  });
  done();
};

/** Whole seconds after which a sender may try again, spread so that senders do not return together. */
const retryAfterSeconds = (): string => String(1 + Math.floor(Math.random() * 5));

async function answerError(
  error: Error & { readonly statusCode?: number },
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  const isOverload = error instanceof TidegateError && error.code === 'unavailable';
  if (isOverload || isUnavailable(error)) {
    request.log.error(
      { event: 'inbound.unavailable', err: error },
      'a request was refused with 503: the database cannot take it; senders will repeat it',
    );
    reply.header('retry-after', retryAfterSeconds());
    await reply.code(errorCatalogue.unavailable.status).send({ error: 'unavailable' });
    return;
  }
  if (error.statusCode === 413) {
    await reply.code(413).send({ error: 'payload_too_large' });
    return;
  }
  if (error.statusCode !== undefined && error.statusCode < 500) {
    await reply.code(error.statusCode).send();
    return;
  }
  request.log.error(
    { event: 'inbound.unexpected', err: error },
    'an unexpected error; please report it',
  );
  await reply.code(500).send({ error: 'internal' });
}
