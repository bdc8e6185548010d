/** The one table of task queues. Names are public: a running installation has work waiting on them. */
export interface QueueNames {
  /** `inboundDelivery` runs and their local activities. */
  readonly inbound: string;
}

/** Queue names under the prefix of an installation. */
export function queueNames(prefix: string): QueueNames {
  return { inbound: `${prefix}-inbound` };
}

/** Limits of the worker of each queue. */
export const queueLimits = {
  inbound: {
    maxConcurrentWorkflowTaskExecutions: 40,
    maxConcurrentLocalActivityExecutions: 40,
    // No regular activities run on this queue.
    maxConcurrentActivityTaskExecutions: 1,
    maxCachedWorkflows: 200,
    // With the start's 5 s task time-out: what a killed worker held is taken over in under 6 s.
    stickyQueueScheduleToStartTimeout: '2s',
    shutdownGraceTime: '2s',
    shutdownForceTime: '10s',
  },
} as const;
