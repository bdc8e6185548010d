import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { verifyWebhook, type RefusalReason } from '../../receiver/verify.mjs';

/** A webhook as the echo receiver got it. */
export interface EchoedWebhook {
  readonly type: string;
  readonly eventId: string;
  readonly attempt: number;
  /** Why its signature is not right; undefined when it is. */
  readonly refusal: RefusalReason | undefined;
  /** When the event happened, by its envelope; NaN for a body that tells none. */
  readonly happenedAtMs: number;
  readonly receivedAtMs: number;
}

export interface Echo {
  readonly url: string;
  close(): Promise<void>;
}

export interface EchoOptions {
  readonly port: number;
  readonly secret: string;
  readonly onWebhook: (webhook: EchoedWebhook) => void;
}

const bodyBytesMax = 1_024 * 1_024;

/**
 * The receiver of the demo: a web server such as its users would write, which verifies each webhook with
 * the very module that they copy (receiver/verify.mjs), answers, and tells what it got.
 */
export async function startEcho({ port, secret, onWebhook }: EchoOptions): Promise<Echo> {
  const answer = async (request: IncomingMessage): Promise<number> => {
    const receivedAtMs = Date.now();
    const body = await readBody(request);
    if (body === undefined) return 413;
    const { headers } = request;
    const result = verifyWebhook({ secret, headers, body });
    onWebhook({
      type: String(headers['x-tidegate-event-type']),
      // What is signed, where it is right.
      eventId: result.ok ? result.id : String(headers['webhook-id']),
      attempt: Number(headers['x-tidegate-attempt']),
      refusal: result.ok ? undefined : result.reason,
      happenedAtMs: happenedAt(body),
      receivedAtMs,
    });
    return result.ok ? 204 : 401;
  };
  const server = createServer((request, response) => {
    answer(request).then(
      (status) => response.writeHead(status).end(),
      () => response.destroy(),
    );
  });
  await listen(server, port);
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
}

/** The bytes as they came: a body that was parsed and written again has another signature. */
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

function happenedAt(body: Buffer): number {
  try {
    const { created_at: at } = JSON.parse(body.toString('utf8')) as { created_at?: unknown };
    return Date.parse(String(at));
  } catch {
    return Number.NaN;
  }
}
