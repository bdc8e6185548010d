import { createHmac, randomUUID } from 'node:crypto';
import { Agent, request } from 'node:http';
import type { TestHook } from '../support/factory.ts';

const agent = new Agent({ keepAlive: true, maxSockets: 256 });
const bodyBytes = 1_024;

/** What a gateway said to one request. */
export interface Acknowledged {
  readonly key: string;
  readonly deliveryId: string;
}

/**
 * Posts a signed body of 1 KB with a fresh key. Rejects for anything but a 200, so that nothing that
 * was refused counts as fast.
 */
export function postOnce(
  gatewayUrl: string,
  hook: TestHook,
  wanted: 'acceptance' | 'outcome',
): Promise<Acknowledged> {
  const key = randomUUID();
  const frame = JSON.stringify({ title: key, filler: '' });
  const body = JSON.stringify({ title: key, filler: 'x'.repeat(bodyBytes - frame.length) });
  const headers = {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    'x-signature': createHmac('sha256', hook.secret).update(body).digest('hex'),
    'x-request-id': key,
    ...(wanted === 'acceptance' ? { prefer: 'respond-async' } : {}),
  };
  const url = `${gatewayUrl}/api/inbound/${hook.tenant.slug}/${hook.slug}`;
  return new Promise((resolve, reject) => {
    const sending = request(url, { method: 'POST', agent, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.once('end', () => {
        if (response.statusCode !== 200) {
          return reject(new Error(`${response.statusCode}: ${text}`));
        }
        const { delivery_id: deliveryId } = JSON.parse(text) as { delivery_id: string };
        resolve({ key, deliveryId });
      });
    });
    sending.once('error', reject);
    sending.end(body);
  });
}
