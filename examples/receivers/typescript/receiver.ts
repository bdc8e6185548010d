import Fastify, { type FastifyInstance } from 'fastify';
import { verifyWebhook } from 'tidegate/receiver';

export interface ReceiverOptions {
  /** The secret of the endpoint, and during a rotation the previous one. */
  readonly secrets: readonly string[];
  /** Stores an event for later work; one that is there already stays as it is. */
  readonly keep: (id: string, body: Buffer) => Promise<void>;
}

export function makeReceiver({ secrets, keep }: ReceiverOptions): FastifyInstance {
  const app = Fastify({ bodyLimit: 1_048_576 });
  // Raw bytes: a parser in front of the check would break every signature.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));

  app.post('/webhooks/tidegate', async (request, reply) => {
    const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    const result = verifyWebhook({ secrets, headers: request.headers, body });
    if (!result.ok) {
      request.log.warn({ reason: result.reason }, 'webhook refused');
      return reply.code(401).send();
    }
    await keep(result.id, body);
    return reply.code(204).send();
  });
  return app;
}
