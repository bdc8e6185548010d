import { createHmac } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import type { TestHook } from './factory.ts';

/** What came back on a raw connection before it was closed or the answer was whole. */
export interface RawAnswer {
  /** Undefined when the connection ended without an answer. */
  readonly status: number | undefined;
  readonly body: string;
}

/** Opens a plain TCP connection to a gateway. Errors on it end it quietly: the answer tells. */
export function openSocket(gatewayUrl: string): Socket {
  const { hostname, port } = new URL(gatewayUrl);
  const socket = connect({ host: hostname, port: Number(port) });
  socket.setNoDelay(true);
  socket.on('error', () => undefined);
  return socket;
}

/** Collects what the gateway says until the connection ends or the answer is complete. */
export function readAnswer(socket: Socket): Promise<RawAnswer> {
  return new Promise((resolve) => {
    let text = '';
    const finish = (): void => resolve(parseAnswer(text));
    socket.on('data', (bytes: Buffer) => {
      text += bytes.toString('latin1');
      if (isComplete(text)) finish();
    });
    socket.once('close', finish);
    socket.once('end', finish);
  });
}

/** Sends exactly these bytes and returns what was answered. */
export async function exchange(
  gatewayUrl: string,
  bytes: Buffer | string,
  options: { readonly thenEnd?: boolean } = {},
): Promise<RawAnswer> {
  const socket = openSocket(gatewayUrl);
  const answer = readAnswer(socket);
  if (options.thenEnd) socket.end(bytes);
  else socket.write(bytes);
  try {
    return await answer;
  } finally {
    socket.destroy();
  }
}

export interface RawRequest {
  readonly method?: string;
  /** The request target, exactly as it stands on the first line. */
  readonly target?: string;
  /** Header lines, exactly. A signature, a length and a content type are added unless given here. */
  readonly lines?: readonly string[];
  readonly body?: Buffer | string;
}

/** The bytes of a signed request to a hook, with whatever is wrong with it left wrong. */
export function rawRequest(hook: TestHook, request: RawRequest = {}): Buffer {
  const body = Buffer.from(request.body ?? '{"title":"Raw"}');
  const given = request.lines ?? [];
  const isGiven = (name: string): boolean =>
    given.some((line) => line.toLowerCase().startsWith(`${name}:`));
  const signature = createHmac('sha256', hook.secret).update(body).digest('hex');
  const lines = [
    `${request.method ?? 'POST'} ${request.target ?? pathOf(hook)} HTTP/1.1`,
    'host: gateway',
    ...given,
    ...(isGiven('x-signature') ? [] : [`x-signature: ${signature}`]),
    ...(isGiven('content-length') || isGiven('transfer-encoding')
      ? []
      : [`content-length: ${body.length}`]),
    ...(isGiven('content-type') ? [] : ['content-type: application/json']),
  ];
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), body]);
}

export function pathOf(hook: TestHook): string {
  return `/api/inbound/${hook.tenant.slug}/${hook.slug}`;
}

function isComplete(text: string): boolean {
  const [head, body] = splitOnce(text, '\r\n\r\n');
  if (body === undefined) return false;
  const length = /^content-length: *(\d+)/im.exec(head)?.[1];
  return length !== undefined && body.length >= Number(length);
}

function parseAnswer(text: string): RawAnswer {
  const status = /^HTTP\/1\.1 (\d{3})/.exec(text)?.[1];
  return {
    status: status === undefined ? undefined : Number(status),
    body: splitOnce(text, '\r\n\r\n')[1] ?? '',
  };
}

function splitOnce(text: string, at: string): [string, string | undefined] {
  const index = text.indexOf(at);
  return index < 0 ? [text, undefined] : [text.slice(0, index), text.slice(index + at.length)];
}
