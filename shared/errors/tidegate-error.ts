import { errorCatalogue, type ErrorCode } from './catalogue.ts';

/** A member of a request at fault: a JSON pointer and what is wrong there. */
export interface ErrorDetail {
  readonly pointer: string;
  readonly message: string;
}

/**
 * A broken promise with a code of the catalogue. Expected outcomes (a refused mapping, a duplicate)
 * are values, not errors; this is for what the caller cannot be expected to branch on.
 */
export class TidegateError extends Error {
  readonly code: ErrorCode;
  readonly details: readonly ErrorDetail[];
  /** After how many whole seconds the same request may be tried again, where that is known. */
  readonly retryAfterSeconds: number | undefined;

  constructor(
    code: ErrorCode,
    message?: string,
    options: {
      readonly cause?: unknown;
      readonly details?: readonly ErrorDetail[];
      readonly retryAfterSeconds?: number;
    } = {},
  ) {
    super(
      message ?? errorCatalogue[code].title,
      'cause' in options ? { cause: options.cause } : {},
    );
    this.name = 'TidegateError';
    this.code = code;
    this.details = options.details ?? [];
    this.retryAfterSeconds = options.retryAfterSeconds;
  }

  get status(): number {
    return errorCatalogue[this.code].status;
  }
}

/** A request whose members at `pointer` cannot be taken, with the reason. */
export function invalid(pointer: string, message: string): TidegateError {
  return new TidegateError('validation_failed', message, { details: [{ pointer, message }] });
}
