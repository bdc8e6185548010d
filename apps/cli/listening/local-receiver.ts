import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { verifyWebhook } from '../../../receiver/verify.mjs';
import type { Forwarded, Webhook } from './forward.ts';

export interface LocalReceiver {
  /** Where a process on this machine reaches it. */
  readonly url: string;
  close(): Promise<void>;
}

export interface LocalReceiverOptions {
  /** What deliveries are signed with, once it is known. */
  readonly secret: Promise<string>;
  /** Takes a webhook whose signature is right. */
  readonly take: (webhook: Webhook) => Promise<Forwarded>;
  /** Hears of one whose signature is not. */
  readonly onRefused: (webhook: Webhook, reason: string) => void;
}

const bodyBytesMax = 4 * 1_024 * 1_024;

/**
 * Receives webhooks on the loopback interface and answers as the local program does. Anybody on the
 * machine can post to it: what is not signed is not passed on.
 */
export async function startLocalReceiver(options: LocalReceiverOptions): Promise<LocalReceiver> {
  const answer = async (request: IncomingMessage): Promise<{ status: number; body: string }> => {
    const body = await readBody(request);
    if (body === undefined) return { status: 413, body: '' };
    const webhook = { headers: singleHeaders(request), body };
    const secret = await options.secret;
    const verified = verifyWebhook({ secret, headers: request.headers, body });
    if (!verified.ok) {
      options.onRefused(webhook, verified.reason);
      return { status: 401, body: '' };
    }
    const forwarded = await options.take(webhook);
    return 'error' in forwarded ? { status: 502, body: forwarded.error } : forwarded;
  };
  const server = createServer((request, response) => {
    answer(request).then(
      ({ status, body }) => response.writeHead(status).end(body),
      () => response.destroy(),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

/** The bytes of a body; undefined for one that is too long. */
async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > bodyBytesMax) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

const singleHeaders = ({ headers }: IncomingMessage): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
