import { adviceOn, connectionFailure } from '../answer.ts';
import { userAgent } from '../api.ts';
import { exitForStatus, type ExitName } from '../exit-codes.ts';
import { CliFailure } from '../failure.ts';
import type { RequestParts } from './request.ts';

/** What a receiver said to a request. */
export interface Received {
  readonly status: number;
  /** The document, or the text where it is none; null for an empty body. */
  readonly body: unknown;
  readonly durationMs: number;
}

/** Longer than a receiver of ours takes to tell the outcome. */
const timeoutMs = 30_000;

/** Sends a request once: repeating it would show a sender's duplicate. Throws a CliFailure. */
export async function transmit({ method, url, headers, body }: RequestParts): Promise<Received> {
  const startedAtMs = performance.now();
  const all = new Headers([['user-agent', userAgent]]);
  for (const [name, value] of headers) {
    if (name.toLowerCase() === 'user-agent') all.set(name, value);
    else all.append(name, value);
  }
  try {
    const response = await fetch(url, {
      method,
      headers: all,
      body: new Uint8Array(body),
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
    });
    const text = await response.text();
    const durationMs = Math.round(performance.now() - startedAtMs);
    return { status: response.status, body: readText(text), durationMs };
  } catch (error) {
    throw connectionFailure(url, error);
  }
}

function readText(text: string): unknown {
  if (text === '') return null;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Why an answer is not a success; undefined for one that is. */
export function refusalOf({ status, body }: Received): CliFailure | undefined {
  if (status >= 200 && status < 300) return undefined;
  const error = (body as { readonly error?: unknown } | null)?.error;
  const code = typeof error === 'string' ? error : `status_${status}`;
  return new CliFailure({
    exit: exitOf(status, code),
    code,
    message: `The receiver answered ${status}.`,
    next: status === 401 ? adviceOn401 : adviceOn(code),
  });
}

/** An action that refuses is answered 500 as well, but the server is well. */
const exitOf = (status: number, code: string): ExitName =>
  code === 'dispatch_failed' ? 'refused' : exitForStatus(status);

const adviceOn401 =
  'An unknown hook, one that is switched off and a wrong proof are answered alike; "tidegate deliveries list <hook>" says which it was.';
