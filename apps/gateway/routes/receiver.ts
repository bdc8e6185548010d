import { isIP } from 'node:net';
import type { FastifyPluginCallback, FastifyReply, FastifyRequest } from 'fastify';
import { errorCatalogue } from '../../../shared/errors/catalogue.ts';
import { TidegateError } from '../../../shared/errors/tidegate-error.ts';
import { toStorableText } from '../../../shared/domain/storable-text.ts';
import { isUnavailable } from '../../../shared/db/pool.ts';
import type { Answer } from '../receiver/answer.ts';
import type { Receive } from '../receiver/receive.ts';
import { retryAfterSeconds } from '../retry-after.ts';
import { receiverSchemas } from './receiver-schema.ts';

interface ReceiverOptions {
  readonly receive: Receive;
}

interface ReceiverRoute {
  Params: { readonly tenantSlug: string; readonly webhookSlug: string };
  Querystring: Record<string, unknown>;
}

/** The largest body any hook may ask for. Hooks have their own, lower limits, looked at once proven. */
const bodyBytesMax = 5_242_880;

/** The receiver's routes. Bodies reach the handler as the bytes that came in, whatever their type. */
export const receiverRoutes: FastifyPluginCallback<ReceiverOptions> = (app, options, done) => {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, parsed) =>
    parsed(null, body),
  );
  // The schema documents: parameters are texts whatever they hold, and answers are written as they are.
  app.setValidatorCompiler(() => (value: unknown) => ({ value }));
  app.setSerializerCompiler(() => (answer: unknown) => JSON.stringify(answer));
  // Fastify refuses types that it cannot read; here a type is only data, and a sender may send any.
  app.addHook('onRequest', (request, _reply, next) => {
    delete request.raw.headers['content-type'];
    next();
  });
  app.setErrorHandler(answerError);
  for (const [method, schema] of Object.entries(receiverSchemas)) {
    app.route<ReceiverRoute>({
      method,
      url: '/api/inbound/:tenantSlug/:webhookSlug',
      bodyLimit: bodyBytesMax,
      schema,
      handler: (request, reply) => answerRequest(options.receive, request, reply),
    });
  }
  done();
};

async function answerRequest(
  receive: Receive,
  request: FastifyRequest<ReceiverRoute>,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { tenantSlug } = request.params;
  const hookSlug = toStorableText(request.params.webhookSlug);
  const [path, rawQuery] = splitTarget(request.url);
  const answer = await receive({
    tenantSlug,
    hookSlug,
    method: request.method,
    path,
    rawQuery,
    query: request.query,
    headers: {
      ...request.headers,
      'content-type': request.raw.headersDistinct['content-type'],
    },
    rawHeaders: request.raw.rawHeaders,
    // A trusted proxy may forward what a client made up.
    clientIp: isIP(request.ip) === 0 ? null : request.ip,
    body: Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0),
  });
  request.log.info({
    event: 'inbound.answered',
    tenantSlug,
    hookSlug,
    method: request.method,
    status: answer.status,
    ...(typeof answer.body === 'object' ? answer.body : {}),
    durationMs: Math.round(reply.elapsedTime),
  });
  return sendAnswer(reply, answer);
}

/** Path and query of a target; one in absolute form may carry credentials, which are left out. */
function splitTarget(target: string): [path: string, rawQuery: string] {
  const [path = '', ...rest] = target.split('?');
  return [path.replace(/^[a-z]+:\/\/[^/]*/i, ''), rest.join('?')];
}

function sendAnswer(reply: FastifyReply, answer: Answer): FastifyReply {
  reply.code(answer.status);
  if (answer.headers !== undefined) reply.headers({ ...answer.headers });
  return answer.body === undefined ? reply.send() : reply.send(answer.body);
}

async function answerError(
  error: Error & { readonly statusCode?: number },
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  // The sender went away in the middle of its request. Nobody reads an answer any more.
  if (request.raw.destroyed && !request.raw.complete) {
    await reply.code(400).send();
    return;
  }
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
    // Fastify would close at once, and the sender, still sending, would see a reset instead of the
    // answer. What it sends until the time limit is read and thrown away.
    reply.removeHeader('connection');
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
