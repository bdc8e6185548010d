import { setTimeout as sleep } from 'node:timers/promises';

/** An answer that is no fault: what was asked for, or a refusal that the caller has to deal with. */
export interface Answer {
  readonly status: number;
  // oxlint-disable-next-line typescript/no-explicit-any -- each caller knows what it asked for
  readonly body: any;
  /** The server's clock when it answered, in milliseconds since 1970. */
  readonly serverMs: number;
}

export type Query = Readonly<Record<string, string | number | undefined>>;

export interface Tidegate {
  get(path: string, query?: Query): Promise<Answer>;
  /** Only for what may be sent twice: it is repeated when its answer is lost. */
  post(path: string, body: object, idempotencyKey?: string): Promise<Answer>;
  /** The text of an event stream, from an event on or from now on. Throws `Refused` without an answer 200. */
  stream(lastEventId: string | undefined): Promise<AsyncIterable<string>>;
}

export interface TidegateOptions {
  readonly url: string;
  /** A key `osk_…`; the token of a user does as well. */
  readonly key: string;
  /** Ends all waiting. */
  readonly signal: AbortSignal;
  readonly log: (line: string) => void;
}

/** The server will not do this however often it is asked. */
export class Refused extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, body: { readonly code?: string; readonly message?: string }) {
    super(`${status} ${body.code ?? ''}: ${body.message ?? ''}`);
    this.status = status;
    this.code = body.code ?? '';
  }
}

const answerWithinMs = 30_000;
/** The stream says something every ten seconds, if only that it is still there. */
const quietForMs = 30_000;
const longestWaitMs = 60_000;
/** Refusals that pass by themselves or by the hand of an administrator. */
const passing = new Set(['automation_disabled', 'idempotency_in_progress', 'streams_exhausted']);

/**
 * Calls Tidegate until it answers. While it is away, overloaded, or has counted enough requests for this
 * minute, a call waits as long as Retry-After and RateLimit ask for, else longer from try to try.
 */
export function makeTidegate({ url, key, signal, log }: TidegateOptions): Tidegate {
  /** No request before this moment of the local clock: the count of this minute is used up. */
  let notBeforeMs = 0;

  async function ask(path: string, init: RequestInit): Promise<Response> {
    const waitMs = notBeforeMs - Date.now();
    if (waitMs > 0) await sleep(waitMs, undefined, { signal });
    const headers = { authorization: `Bearer ${key}`, ...(init.headers as Record<string, string>) };
    const response = await fetch(`${url}/api/v1${path}`, { ...init, headers });
    notBeforeMs = Date.now() + usedUpForMs(response.headers.get('ratelimit'));
    return response;
  }

  async function call(path: string, init: RequestInit): Promise<Answer> {
    for (let tries = 1; ; tries += 1) {
      let waitMs = Math.min(longestWaitMs, 500 * 2 ** Math.min(tries, 10)) * (0.5 + Math.random());
      let why: string;
      try {
        const timeout = AbortSignal.timeout(answerWithinMs);
        const response = await ask(path, { ...init, signal: AbortSignal.any([signal, timeout]) });
        const answer = await read(response);
        if (!mayPass(answer)) return answer;
        waitMs = retryAfterMs(response) ?? waitMs;
        why = `${answer.status} ${answer.body?.code ?? ''}`;
      } catch (error) {
        signal.throwIfAborted();
        if (error instanceof Refused) throw error;
        why = reasonOf(error);
      }
      log(`${path.split('?')[0]} waits ${(waitMs / 1_000).toFixed(1)} s: ${why}`);
      await sleep(waitMs, undefined, { signal });
    }
  }

  return {
    get: (path, query = {}) => call(`${path}${queryText(query)}`, { method: 'GET' }),
    post: (path, body, idempotencyKey) =>
      call(path, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
        },
        body: JSON.stringify(body),
      }),
    async stream(lastEventId) {
      const quiet = new AbortController();
      const timer = setTimeout(() => quiet.abort(new Error('the stream is silent')), quietForMs);
      const response = await ask('/events/stream', {
        headers: lastEventId === undefined ? {} : { 'last-event-id': lastEventId },
        signal: AbortSignal.any([signal, quiet.signal]),
      });
      if (response.ok && response.body !== null) return chunksOf(response.body, timer);
      clearTimeout(timer);
      const { status, body } = await read(response);
      throw new Refused(status, body);
    },
  };
}

async function* chunksOf(
  body: ReadableStream<Uint8Array>,
  timer: NodeJS.Timeout,
): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  try {
    for await (const bytes of body) {
      timer.refresh();
      yield decoder.decode(bytes, { stream: true });
    }
  } finally {
    clearTimeout(timer);
  }
}

/** Throws `Refused` for a key that opens nothing: no later try mends that. */
async function read(response: Response): Promise<Answer> {
  const text = await response.text();
  const isJson = (response.headers.get('content-type') ?? '').includes('json');
  const body = isJson ? JSON.parse(text) : { message: text.slice(0, 200) };
  const { status } = response;
  if ((status === 401 || status === 403) && !passing.has(body.code))
    throw new Refused(status, body);
  return { status, body, serverMs: Date.parse(response.headers.get('date') ?? '') || Date.now() };
}

const mayPass = ({ status, body }: Answer): boolean =>
  status === 429 || status >= 500 || passing.has(body.code);

/** How long nothing is left of one of the limits that the header RateLimit tells of. */
function usedUpForMs(rateLimit: string | null): number {
  const limits = [...(rateLimit ?? '').matchAll(/r=(\d+);t=(\d+)/g)];
  return Math.max(0, ...limits.map(([, left, s]) => (Number(left) > 0 ? 0 : Number(s) * 1_000)));
}

function retryAfterMs(response: Response): number | undefined {
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN);
  return Number.isNaN(seconds) ? undefined : seconds * 1_000;
}

function queryText(query: Query): string {
  const text = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) text.append(name, String(value));
  }
  return text.size === 0 ? '' : `?${text.toString()}`;
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}
