import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import packageJson from '../../package.json' with { type: 'json' };
import { connectionFailure, documentOf, isConnectionLost, type Answer } from './answer.ts';
import { CliFailure, usageFailure } from './failure.ts';

/** The members of a query; those without a value are left out. */
export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

/** Calls the management API. Paths are under /api/v1. Every method throws a CliFailure. */
export interface Api {
  get<Document>(path: string, query?: Query): Promise<Document>;
  /** `idempotencyKey` is drawn when absent. */
  post<Document>(path: string, body?: unknown, idempotencyKey?: string): Promise<Document>;
  patch<Document>(path: string, body: unknown): Promise<Document>;
  put<Document>(path: string, body: unknown): Promise<Document>;
  delete(path: string): Promise<void>;
  /** Opens an answer that has no end of its own: its text as it comes, until the signal fires. */
  stream(path: string, options: StreamOptions): Promise<ReadableStream<string>>;
}

export interface StreamOptions {
  readonly accept: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

/** Where the API is, and the token it wants. `tokenName` says how one is given. */
export interface ApiAccess {
  readonly url: string;
  readonly token: string | undefined;
  readonly tokenName: string;
}

export const userAgent = `tidegate-cli/${packageJson.version}`;
const timeoutMs = 30_000;
/** The first, its repeat after a lost connection, and one more for an answer that was not ready. */
const attemptsMax = 3;
const retryAfterSecondsMax = 30;
const methodsWithoutEffect = new Set(['GET']);

/** A client whose access is looked up at its first call, so that offline commands need none. */
export function makeApi(access: () => ApiAccess): Api {
  const proven = (): { readonly url: string; readonly token: string } => {
    const { url, token, tokenName } = access();
    if (token === undefined) throw tokenMissing(url, tokenName);
    return { url: `${url}/api/v1`, token };
  };
  const call = async <Document>(
    method: string,
    path: string,
    parts: Parts = {},
  ): Promise<Document> => {
    const { url, token } = proven();
    const answer = await sendRepeatedly(urlOf(url + path, parts.query), {
      method,
      // A token is for the server that was named, not for one it points to.
      redirect: 'manual',
      headers: {
        authorization: `Bearer ${token}`,
        accept: 'application/json, application/problem+json',
        'user-agent': userAgent,
        // One key for a request and its repeats: whichever of them arrives, it has its effect once.
        ...(methodsWithoutEffect.has(method)
          ? {}
          : { 'idempotency-key': parts.idempotencyKey ?? randomUUID() }),
        ...(parts.body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(parts.body === undefined ? {} : { body: JSON.stringify(parts.body) }),
    });
    return documentOf(answer) as Document;
  };
  return {
    get: (path, query = {}) => call('GET', path, { query }),
    post: (path, body, idempotencyKey) => call('POST', path, { body, idempotencyKey }),
    patch: (path, body) => call('PATCH', path, { body }),
    put: (path, body) => call('PUT', path, { body }),
    async delete(path) {
      await call('DELETE', path);
    },
    stream(path, { accept, headers, signal }) {
      const { url, token } = proven();
      const proof = { authorization: `Bearer ${token}`, 'user-agent': userAgent };
      const request = { redirect: 'manual', headers: { ...proof, accept, ...headers } } as const;
      return openStream(url + path, { ...request, signal });
    },
  };
}

/** A path whose values stay one segment each, whatever characters they hold. */
export function path(parts: TemplateStringsArray, ...values: readonly string[]): string {
  const segments = values.map((value) => {
    if (/^\.{0,2}$/.test(value)) throw usageFailure(`"${value}" is not an id.`);
    return encodeURIComponent(value);
  });
  return String.raw({ raw: parts }, ...segments);
}

interface Parts {
  readonly query?: Query;
  readonly body?: unknown;
  readonly idempotencyKey?: string | undefined;
}

function urlOf(address: string, query: Query = {}): string {
  const url = new URL(address);
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) url.searchParams.set(name, String(value));
  }
  return url.href;
}

/**
 * Sends a request, and once more when the connection broke or the server is overloaded. The repeat of
 * one that still runs is told so; its answer is waited for.
 */
async function sendRepeatedly(url: string, request: RequestInit): Promise<Answer> {
  let isRepeated = false;
  for (let attempt = 1; ; attempt += 1) {
    const isLast = attempt === attemptsMax;
    const outcome = await attemptOnce(url, request);
    if ('error' in outcome) {
      const { error } = outcome;
      if (isLast || isRepeated || !isConnectionLost(error)) throw connectionFailure(url, error);
    } else {
      const { status, retryAfterSeconds } = outcome;
      const mayRepeat = status === 503 ? !isRepeated : isRepeated && status === 409;
      if (isLast || !mayRepeat || !(retryAfterSeconds <= retryAfterSecondsMax)) return outcome;
      await sleep(retryAfterSeconds * 1_000);
    }
    isRepeated = true;
  }
}

/** The text of an answer as it comes. Throws a CliFailure for one that is not a success. */
async function openStream(url: string, request: RequestInit): Promise<ReadableStream<string>> {
  const response = await fetch(url, request).catch((error: unknown) => {
    throw connectionFailure(url, error);
  });
  const { status, body } = response;
  if (status === 200 && body !== null) return body.pipeThrough(new TextDecoderStream());
  documentOf(await answerOf(url, response));
  throw connectionFailure(url, new Error(`it answered ${status}`));
}

/** One attempt, with the whole answer: a connection can also break in the middle of it. */
async function attemptOnce(
  url: string,
  request: RequestInit,
): Promise<Answer | { readonly error: unknown }> {
  try {
    const response = await fetch(url, { ...request, signal: AbortSignal.timeout(timeoutMs) });
    return await answerOf(url, response);
  } catch (error) {
    return { error };
  }
}

async function answerOf(url: string, response: Response): Promise<Answer> {
  const { status, headers } = response;
  return {
    url,
    status,
    location: headers.get('location'),
    retryAfterSeconds: Number(headers.get('retry-after') ?? Number.NaN),
    text: await response.text(),
  };
}

function tokenMissing(url: string, tokenName: string): CliFailure {
  return new CliFailure({
    exit: 'forbidden',
    code: 'token_missing',
    message: `There is no token for ${url}.`,
    next: tokenName,
  });
}
