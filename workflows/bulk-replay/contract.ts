/** Names and types that others may know of the bulkReplay workflow. Public API: change with a version. */

export const bulkReplayName = 'bulkReplay';

export interface BulkReplayInput {
  readonly tenantId: string;
  readonly jobId: string;
}

/** The id of the run of a job, from its wire id. */
export const replayWorkflowId = (wireId: string): string => `replay/${wireId}`;

/** Sent when the owner has paused, resumed or canceled the job: the run looks at its row anew. */
export const replayChangedSignalName = 'changed';

/** Updates that an operator can send from the Temporal UI; the API does the same through the row. */
export const replayUpdateNames = ['pause', 'resume', 'cancel'] as const;
