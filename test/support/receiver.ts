import {
  createServer,
  type IncomingHttpHeaders,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request as a receiver got it. */
export interface ReceivedRequest {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly atMs: number;
}

/** How a receiver answers: a status, or anything by hand. */
export type Answer = number | ((response: ServerResponse, request: ReceivedRequest) => void);

/** A real HTTP receiver on loopback that remembers what it got. */
export interface TestReceiver {
  readonly url: string;
  readonly requests: readonly ReceivedRequest[];
  /** Most requests that were open at once. */
  readonly openMax: () => number;
  /** Decides how requests from now on are answered; 204 at first. */
  answer(answer: Answer): void;
  close(): Promise<void>;
}

export async function startReceiver(initial: Answer = 204): Promise<TestReceiver> {
  let answer = initial;
  let open = 0;
  let openMax = 0;
  const requests: ReceivedRequest[] = [];
  const server: Server = createServer((request, response) => {
    open += 1;
    openMax = Math.max(openMax, open);
    response.once('close', () => (open -= 1));
    const chunks: Buffer[] = [];
    request.on('error', () => undefined);
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const received = {
        path: request.url ?? '',
        headers: request.headers,
        body: Buffer.concat(chunks).toString('utf8'),
        atMs: Date.now(),
      };
      requests.push(received);
      if (typeof answer === 'number') response.writeHead(answer).end();
      else answer(response, received);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    openMax: () => openMax,
    answer(next) {
      answer = next;
    },
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
