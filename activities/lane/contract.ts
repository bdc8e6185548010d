export interface DrainInput {
  /** Most deliveries that are claimed at once. */
  readonly rowsMax: number;
  /** Attempts under way at once. */
  readonly concurrencyMax: number;
  /** A call ends after the claim that is worked off later than this, in milliseconds. */
  readonly timeMaxMs: number;
}

export interface DrainProgress {
  /** Deliveries that were looked at. */
  readonly taken: number;
  /** False when the time ran out and there may be more. */
  readonly isDone: boolean;
}

/** Safe to repeat and to run twice at once: the database hands each delivery to one of them. */
export interface LaneActivities {
  /** Makes the next attempt of every delivery that is due, batch by batch. */
  drainDue(input: DrainInput): Promise<DrainProgress>;
}
