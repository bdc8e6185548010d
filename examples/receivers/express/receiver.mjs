import express from 'express';
import { verifyWebhook } from 'tidegate/receiver';

/**
 * `secrets`: the secret of the endpoint, and during a rotation the previous one. `keep` stores an event
 * for later work; one that is there already stays as it is.
 */
export function makeReceiver({ secrets, keep }) {
  const app = express();
  // Raw bytes, so no express.json() in front of this route.
  const rawBody = express.raw({ type: () => true, limit: '1mb' });
  app.post('/webhooks/tidegate', rawBody, (request, response, next) => {
    const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    const result = verifyWebhook({ secrets, headers: request.headers, body });
    if (!result.ok) {
      response.status(401).end();
      return;
    }
    keep(result.id, body).then(() => response.status(204).end(), next);
  });
  return app;
}
