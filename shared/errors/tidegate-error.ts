import { errorCatalogue, type ErrorCode } from './catalogue.ts';

/**
 * A broken promise with a code of the catalogue. Expected outcomes (a refused mapping, a duplicate)
 * are values, not errors; this is for what the caller cannot be expected to branch on.
 */
export class TidegateError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, detail?: string, options?: { cause?: unknown }) {
    super(detail ?? errorCatalogue[code].title, options);
    this.name = 'TidegateError';
    this.code = code;
  }

  get status(): number {
    return errorCatalogue[this.code].status;
  }
}
