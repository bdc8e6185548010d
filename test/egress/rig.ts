import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import {
  createServer as createTcpServer,
  type AddressInfo,
  type Server,
  type Socket,
} from 'node:net';
import { generate } from 'selfsigned';
import { onTestFinished } from 'vitest';
import { makeEgress, type Egress, type EgressOptions } from '../../shared/egress/egress.ts';
import { closedPolicy, type EgressPolicy } from '../../shared/egress/policy.ts';
import type { Resolve } from '../../shared/egress/resolver.ts';
import type { EgressResult } from '../../shared/egress/result.ts';

/** A public address for names in these tests. It is judged, and never dialled. */
export const publicAddress = '93.184.216.34';

/** A resolver that knows these names only. A function is asked anew each time. */
export function makeNames(
  names: Readonly<Record<string, readonly string[] | (() => readonly string[])>>,
): { readonly resolve: Resolve; readonly asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    resolve: (hostname) => {
      asked.push(hostname);
      const found = names[hostname] ?? [];
      return Promise.resolve(typeof found === 'function' ? found() : found);
    },
  };
}

/** A server on loopback, closed with the test. */
export interface Receiver {
  readonly port: number;
  /** Requests that arrived whole or in part. */
  requests: number;
  /** Connections that were opened, and the most there were at once. */
  connections: number;
  connectionsMost: number;
}

async function serve(server: Server): Promise<Receiver> {
  const sockets = new Set<Socket>();
  const receiver = { port: 0, requests: 0, connections: 0, connectionsMost: 0 };
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    receiver.connections += 1;
    receiver.connectionsMost = Math.max(receiver.connectionsMost, sockets.size);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
  });
  server.on('request', () => {
    receiver.requests += 1;
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  receiver.port = (server.address() as AddressInfo).port;
  onTestFinished(
    () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  );
  return receiver;
}

/** A receiver over http. */
export function startReceiver(answer: RequestListener): Promise<Receiver> {
  return serve(createHttpServer(answer));
}

/** A receiver over https with a certificate of `authority` for `name`. */
export async function startTlsReceiver(
  authority: Authority,
  name: string,
  answer: RequestListener,
): Promise<Receiver> {
  return serve(createHttpsServer(await authority.issue(name), answer));
}

/** A receiver that speaks whatever `talk` writes. */
export function startRawReceiver(talk: (socket: Socket) => void): Promise<Receiver> {
  return serve(createTcpServer(talk));
}

/** A certificate authority of the test's own. */
export interface Authority {
  readonly certificate: string;
  issue(name: string): Promise<{ key: string; cert: string }>;
}

export async function makeAuthority(): Promise<Authority> {
  const options = { keyType: 'ec', algorithm: 'sha256' } as const;
  const root = await generate([{ name: 'commonName', value: 'Tidegate test authority' }], {
    ...options,
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
  return {
    certificate: root.cert,
    issue: async (name) => {
      const issued = await generate([{ name: 'commonName', value: name }], {
        ...options,
        ca: { key: root.private, cert: root.cert },
        extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: name }] }],
      });
      return { key: issued.private, cert: issued.cert };
    },
  };
}

/** A policy that lets names lead to this receiver. */
export function reaching(receiver: Receiver, more: Partial<EgressPolicy> = {}): EgressPolicy {
  const allowRanges = [{ cidr: '127.0.0.0/8', port: receiver.port }];
  return { ...closedPolicy, allowHttp: true, allowRanges, ...more };
}

/** A client, closed with the test. */
export function openEgress(options: EgressOptions): Egress {
  const egress = makeEgress(options);
  onTestFinished(() => egress.close());
  return egress;
}

/** Posts a small event. */
export function postTo(
  egress: Egress,
  url: string,
  more: Partial<Parameters<Egress['post']>[0]> = {},
): Promise<EgressResult> {
  const headers = { 'content-type': 'application/json' };
  return egress.post({ url, headers, body: '{"a":1}', timeoutMs: 10_000, ...more });
}

/** Posts once to a receiver that is known as hooks.example.com. */
export function postOnceTo(
  receiver: Receiver,
  more: Partial<Parameters<Egress['post']>[0]> = {},
): Promise<EgressResult> {
  const { resolve } = makeNames({ 'hooks.example.com': ['127.0.0.1'] });
  const egress = openEgress({ policy: reaching(receiver), resolve });
  return postTo(egress, `http://hooks.example.com:${receiver.port}/hook`, more);
}
