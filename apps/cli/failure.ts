import type { ProblemDetail } from '../../shared/schemas/common.ts';
import type { ExitName } from './exit-codes.ts';

interface FailureParts {
  readonly exit: ExitName;
  /** Of the error catalogue for refusals of the server, else one of the command line's own. */
  readonly code: string;
  readonly message: string;
  readonly details?: readonly ProblemDetail[];
  readonly requestId?: string;
  /** When the server said that it wants to be asked again. */
  readonly retryAfterSeconds?: number;
  /** What to do about it. */
  readonly next?: string | undefined;
  readonly cause?: unknown;
}

/** Why a command ends without success, with all that its reader is told. */
export class CliFailure extends Error {
  readonly exit: ExitName;
  readonly code: string;
  readonly details: readonly ProblemDetail[];
  readonly requestId: string | undefined;
  readonly retryAfterSeconds: number | undefined;
  readonly next: string | undefined;

  constructor(parts: FailureParts) {
    super(parts.message, 'cause' in parts ? { cause: parts.cause } : {});
    this.name = 'CliFailure';
    this.exit = parts.exit;
    this.code = parts.code;
    this.details = parts.details ?? [];
    this.requestId = parts.requestId;
    this.retryAfterSeconds = parts.retryAfterSeconds;
    this.next = parts.next;
  }
}

/** A command line that cannot be meant as it is. */
export function usageFailure(message: string, next?: string): CliFailure {
  return new CliFailure({ exit: 'usage', code: 'usage', message, next });
}

/** A check that was asked for and said no. */
export function checkFailure(message: string, next?: string): CliFailure {
  return new CliFailure({ exit: 'checkFailed', code: 'check_failed', message, next });
}
