import type { ActionOutcome, FailedOutcome } from '../../shared/domain/outcome.ts';

export interface RunActionInput {
  /** Name of an action of the catalogue. */
  readonly action: string;
  /** Values of its target fields, typed and checked as those of a mapping are. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** Names this effect within the run. The effect of a step is made once, however often it is asked for. */
  readonly step: string;
}

/** What the runs of handler workflows call. */
export interface HandlerActivities {
  /**
   * Runs an action for the delivery that the calling run belongs to. The effect and its record are
   * one transaction: a repeated call for the step returns the recorded outcome. A refusal is
   * returned, and not recorded, because nothing happened: the step may be tried again.
   */
  runAction(input: RunActionInput): Promise<ActionOutcome | FailedOutcome>;
}
