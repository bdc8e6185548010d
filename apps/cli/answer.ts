import { errorCatalogue, type CatalogueEntry } from '../../shared/errors/catalogue.ts';
import { problemSchema, type Problem } from '../../shared/schemas/common.ts';
import { exitForStatus } from './exit-codes.ts';
import { CliFailure } from './failure.ts';

const catalogue = new Map<string, CatalogueEntry>(Object.entries(errorCatalogue));

/** What the error catalogue advises about a code; undefined for one of a newer server. */
export const adviceOn = (code: string): string | undefined => catalogue.get(code)?.next;

/** What a server said to a request. */
export interface Answer {
  /** Where it was asked. */
  readonly url: string;
  readonly status: number;
  readonly text: string;
  readonly location: string | null;
  /** NaN where the answer names no time. */
  readonly retryAfterSeconds: number;
}

/** The document of a success; undefined for an empty one. Throws a CliFailure for anything else. */
export function documentOf(answer: Answer): unknown {
  const { status, text } = answer;
  const document = parseJson(text);
  const isSuccess = status >= 200 && status < 300;
  if (isSuccess && (text === '' || document !== undefined)) return document;
  const problem = problemSchema.safeParse(document);
  throw problem.success ? refusal(problem.data, answer) : unexpectedAnswer(answer);
}

function refusal(
  { status, code, message, details, requestId }: Problem,
  { retryAfterSeconds }: Answer,
): CliFailure {
  return new CliFailure({
    exit: exitForStatus(status),
    code,
    message,
    details,
    requestId,
    next: adviceOn(code),
    ...(status === 429 && retryAfterSeconds >= 0 && { retryAfterSeconds }),
  });
}

/** Something else answers there, or stands in between. */
function unexpectedAnswer({ status, url, location }: Answer): CliFailure {
  return new CliFailure({
    exit: exitForStatus(status),
    code: 'unexpected_answer',
    message:
      location === null
        ? `${url} answers ${status} in a form that is not of the API.`
        : `${url} points to ${location}.`,
    next: 'See that --url names a Tidegate gateway itself.',
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const lostCodes = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']);

/** Whether a connection broke after it was made: the request may have had its effect. */
export function isConnectionLost(error: unknown): boolean {
  return lostCodes.has(networkCode(error) ?? '');
}

/** A request that got no answer. */
export function connectionFailure(url: string, error: unknown): CliFailure {
  const isTimeout = error instanceof Error && error.name === 'TimeoutError';
  const why = isTimeout ? 'no answer in time' : (networkCode(error) ?? messageOf(error));
  return new CliFailure({
    exit: 'unavailable',
    code: 'unreachable',
    message: `${new URL(url).origin} cannot be reached (${why}).`,
    next: 'Start the server, or say where it is with --url or TIDEGATE_URL.',
    cause: error,
  });
}

/** The code of the fault below an error of fetch, which itself only says that it failed. */
function networkCode(error: unknown): string | undefined {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof Error && 'code' in cause ? String(cause.code) : undefined;
}

function messageOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof Error ? cause.message : String(error);
}
