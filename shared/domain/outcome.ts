import { errorCatalogue, type ErrorCode } from '../errors/catalogue.ts';

/** What a dispatch did: the record on the delivery row, and the result of the workflow. */
export type DispatchOutcome = DispatchedOutcome | FailedOutcome;
/** An action has made its effect, a workflow has been started, or a report has become events. */
export type DispatchedOutcome = ActionOutcome | WorkflowOutcome | SourceOutcome;

export interface ActionOutcome {
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

/** A handler workflow was started. How it ends is its own affair (S-037). */
export interface WorkflowOutcome {
  readonly status: 'dispatched';
  /** Id of the workflow in its manifest. */
  readonly workflow: string;
  readonly workflowVersion: number;
  /** Id of the run in Temporal, made from the delivery's (S-036). */
  readonly workflowId: string;
  readonly workflowRunId: string;
}

/** A built-in workflow has turned the report of another system into events, or into a message. */
export interface SourceOutcome {
  readonly status: 'dispatched';
  /** Id of the built-in workflow. */
  readonly source: string;
  /** The events that the report stands for, or that its receipt went to, by their wire ids. */
  readonly events: readonly string[];
  /** Why there is none. */
  readonly ignored?: string;
  /** The conversation and the message that were made or found, by their ids. */
  readonly conversationId?: string;
  readonly messageId?: string;
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

/** What a sender may know of a failure: its own mistakes by name, the rest as one code. */
export function senderError(outcome: FailedOutcome): ErrorCode {
  const isSenders =
    outcome.code === 'invalid_json' ||
    outcome.code === 'mapping_failed' ||
    outcome.code === 'rate_limited';
  return isSenders ? outcome.code : 'dispatch_failed';
}

/** The HTTP status a sender is answered for an outcome (api.md, Receiver). */
export function answerStatus(outcome: DispatchOutcome): number {
  return outcome.status === 'dispatched' ? 200 : errorCatalogue[senderError(outcome)].status;
}
