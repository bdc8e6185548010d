/** The jobs by name. Names stand in the inputs of scheduled runs: change them with a version. */
export type MaintenanceJobName =
  | 'cutBodies'
  | 'purgeRejected'
  | 'removeReservations'
  | 'cutSamples'
  | 'removeAnswers'
  | 'removeEvents'
  | 'removeAssistantRuns'
  | 'expireDeliveries'
  | 'removeDeliveries'
  | 'startRotations'
  | 'tendRotations'
  | 'sealLegacySecrets'
  | 'disableFailing'
  | 'sendNotices'
  | 'startReplays'
  | 'expireClaims';

/** How much one call may do. */
export interface MaintenanceLimits {
  /** Most rows of one statement. */
  readonly rowsMax: number;
  /** Rest between two statements, so that requests come first. */
  readonly pauseMs: number;
  /** A call ends after the first statement that finishes later than this. */
  readonly timeMaxMs: number;
}

export interface MaintenanceJobInput extends MaintenanceLimits {
  readonly name: MaintenanceJobName;
  /** Age above which a row is due, in milliseconds. */
  readonly olderThanMs: number;
}

export interface MaintenanceProgress {
  readonly rows: number;
  /** False when the time ran out and there may be more. */
  readonly isDone: boolean;
}

/** Safe to repeat and to run twice at once: each statement finds what is still due. */
export interface MaintenanceActivities {
  runMaintenanceJob(input: MaintenanceJobInput): Promise<MaintenanceProgress>;
}
