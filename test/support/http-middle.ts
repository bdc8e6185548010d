import {
  createServer,
  request as sendRequest,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

/** A request that passes through, counted from 1 since the last `watch`. */
export interface PassingRequest {
  readonly number: number;
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  // oxlint-disable-next-line typescript/no-explicit-any -- bodies of many shapes
  readonly body: any;
}

/** Looks at requests on their way; each waits until its watcher is through. */
export interface Watcher {
  /** Before the server gets it. */
  readonly before?: (request: PassingRequest) => Promise<void> | void;
  /** When the server has answered, before the client gets the answer. */
  readonly after?: (request: PassingRequest, status: number) => Promise<void> | void;
}

/** Stands between a client and a gateway, at an address that stays when the gateway gets another. */
export interface HttpMiddle {
  readonly url: string;
  watch(watcher: Watcher): void;
  /** To another gateway from now on. */
  lead(gatewayUrl: string): void;
  close(): Promise<void>;
}

export async function startHttpMiddle(gatewayUrl: string): Promise<HttpMiddle> {
  let target = gatewayUrl;
  let watcher: Watcher = {};
  let passed = 0;

  async function pass(incoming: IncomingMessage, answer: ServerResponse): Promise<void> {
    const text = await textOf(incoming);
    const passing: PassingRequest = {
      number: (passed += 1),
      method: incoming.method ?? '',
      path: (incoming.url ?? '').split('?')[0] ?? '',
      body: text === '' ? undefined : JSON.parse(text),
    };
    const { before, after } = watcher;
    await before?.(passing);
    const outgoing = sendRequest(`${target}${incoming.url}`, {
      method: passing.method,
      headers: { ...incoming.headers, host: new URL(target).host },
    });
    answer.once('close', () => outgoing.destroy());
    outgoing.end(text);
    const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
    const status = response.statusCode ?? 500;
    await after?.(passing, status);
    answer.writeHead(status, response.headers);
    // A stream says something at once, for the client to know that it is open.
    answer.flushHeaders();
    response.once('error', () => answer.destroy());
    response.pipe(answer);
  }

  const server = createServer((incoming, answer) => {
    pass(incoming, answer).catch(() => answer.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    watch(next) {
      watcher = next;
      passed = 0;
    },
    lead: (next) => void (target = next),
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function textOf(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
