import type { ErrorCode } from '../errors/catalogue.ts';

/** What a dispatch did: the record on the delivery row, and the result of the workflow. */
export type DispatchOutcome = DispatchedOutcome | FailedOutcome;

export interface DispatchedOutcome {
  readonly status: 'dispatched';
  /** Name of the action that ran. */
  readonly action: string;
  readonly entityType: string;
  /** UUID of the entity that was created or changed. */
  readonly entityId: string;
  readonly externalId?: string;
  readonly message?: string;
  readonly metadata?: Readonly<Record<string, unknown>>;
}

export interface FailedOutcome {
  readonly status: 'failed';
  /** `mapping_failed` answers 400 to the sender, every other code 500. */
  readonly code: ErrorCode;
  /** A sentence for the integration engineer; never contains a secret. */
  readonly message: string;
  /** The target field at fault, when there is one. */
  readonly field?: string;
}
