export interface ReplayInput {
  readonly tenantId: string;
  readonly jobId: string;
}

export type ReplayStep =
  | { readonly kind: 'ended'; readonly state: 'completed' | 'canceled' | 'gone' }
  | { readonly kind: 'paused' }
  /** The next page may follow after the wait, by the pace of the job. */
  | { readonly kind: 'more'; readonly waitMs: number };

export interface ReplayCommandInput extends ReplayInput {
  readonly command: 'pause' | 'resume' | 'cancel';
}

/** Complete in itself: each call goes on from the place that the row of the job holds. */
export interface ReplayActivities {
  /** Schedules the next page of a job, if it is running. */
  replayPage(input: ReplayInput): Promise<ReplayStep>;
  /** What an operator asked for through the run. False when the job is in no state for it. */
  commandReplay(input: ReplayCommandInput): Promise<boolean>;
}
