import type { Dispatcher } from 'undici';
import { storableHeaders } from '../domain/headers.ts';

/** Most of an answer's body that is read, in bytes. */
export const answerBytesMax = 65_536;

const answerHeadersMax = 64;
const answerHeaderLengthMax = 1_024;

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  readonly isBodyCut: boolean;
}

export interface ExchangeRequest {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | string;
  /** Ends the exchange at any point of it, the wait for a connection among them. */
  readonly signal: AbortSignal;
}

/**
 * Sends one POST and reads its answer, up to the limit of its body; a body that is longer ends with its
 * connection. Rejects with the reason of `signal`, or with what went wrong.
 */
export async function exchange(dispatcher: Dispatcher, request: ExchangeRequest): Promise<Answer> {
  const { url, headers, body, signal } = request;
  const answer = await dispatcher.request({
    origin: url.origin,
    path: `${url.pathname}${url.search}`,
    method: 'POST',
    // Bodies are kept as they come: what is not inflated cannot burst.
    headers: { ...headers, 'accept-encoding': 'identity' },
    body,
    signal,
  });
  return {
    status: answer.statusCode,
    headers: boundHeaders(answer.headers),
    ...(await readBody(answer.body)),
  };
}

/** By events: to iterate over the stream costs as much processor time as all the rest of a request. */
function readBody(
  stream: Dispatcher.ResponseData['body'],
): Promise<Pick<Answer, 'body' | 'isBodyCut'>> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const finish = (): void => {
      const body = Buffer.concat(chunks).subarray(0, answerBytesMax);
      resolve({ body, isBodyCut: bytes > answerBytesMax });
    };
    stream.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes <= answerBytesMax) return;
      finish();
      stream.destroy();
    });
    stream.on('end', finish);
    // That of a stream that was cut comes after it was answered, and is not heard.
    stream.on('error', reject);
  });
}

function boundHeaders(
  headers: Dispatcher.ResponseData['headers'],
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(storableHeaders(headers))
      .slice(0, answerHeadersMax)
      .map(([name, value]) => [name, value.slice(0, answerHeaderLengthMax)]),
  );
}
