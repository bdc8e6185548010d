import type { FailureClass } from './result.ts';

/**
 * Why no connection came about. It carries no `code`: the HTTP client repeats the attempt, or spares
 * some of the waiting requests, for codes that it knows.
 */
export class ConnectionError extends Error {
  readonly failure: FailureClass;

  constructor(failure: FailureClass, detail: string, options?: ErrorOptions) {
    super(detail, options);
    this.name = 'ConnectionError';
    this.failure = failure;
  }
}

/** Names the reason for which a connection could not be opened. */
export function asConnectionError(error: Error): ConnectionError {
  if (error instanceof ConnectionError) return error;
  const { code = '' } = error as NodeJS.ErrnoException;
  return new ConnectionError(connectClass(code, error.message), describe(error), { cause: error });
}

function connectClass(code: string, message: string): FailureClass {
  if (code === 'UND_ERR_CONNECT_TIMEOUT' || code === 'ETIMEDOUT') return 'timeout';
  const isOfTls =
    /^ERR_(?:TLS|SSL)_|CERT|^UNABLE_TO_|ISSUER|^CRL_|^EPROTO$/.test(code) ||
    // What a server that hangs up during the handshake leaves has the code of any lost connection.
    message.includes('before secure TLS connection');
  return isOfTls ? 'tls' : 'connect';
}

/** Says what became of a request that failed once it was handed to the HTTP client. */
export function classifyFailure(error: unknown): { class: FailureClass; detail: string } {
  if (error instanceof ConnectionError) return { class: error.failure, detail: error.message };
  const detail = describe(error);
  const { code = '' } = error as NodeJS.ErrnoException;
  if (/HEADERS?_OVERFLOW$/.test(code)) return { class: 'too_large', detail };
  const isLost =
    ['ECONNRESET', 'EPIPE', 'ECONNABORTED', 'ETIMEDOUT'].includes(code) ||
    (code === 'UND_ERR_SOCKET' && !detail.includes('bad upgrade')) ||
    code === 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH';
  return { class: isLost ? 'reset' : 'protocol', detail };
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code } = error as NodeJS.ErrnoException;
  return code === undefined ? error.message : `${code}: ${error.message}`;
}
