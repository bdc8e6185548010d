/** The one table of task queues. Names are public: a running installation has work waiting on them. */
export interface QueueNames {
  /**
   * `inboundDelivery` runs and their local activities, `claimLease` and `assistantReply` runs and their
   * activities. Claims are short and go first: somebody waits for each. The assistant comes last.
   */
  readonly inbound: string;
  /** `outboundDelivery` runs and their attempts. */
  readonly outbound: string;
  /** `maintenance` runs, which schedules start. */
  readonly maintenance: string;
  /** Runs of handler workflows and the actions they ask for. */
  readonly handlers: string;
}

/** Queue names under the prefix of an installation. */
export function queueNames(prefix: string): QueueNames {
  return {
    inbound: `${prefix}-inbound`,
    outbound: `${prefix}-outbound`,
    handlers: `${prefix}-handlers`,
    maintenance: `${prefix}-maintenance`,
  };
}

/**
 * The queues that must have a worker somewhere. Handlers are run only where an extension brings some:
 * without, nothing is ever put into their queue.
 */
export function queuesInUse(prefix: string, hasHandlers: boolean): readonly string[] {
  const { inbound, outbound, maintenance, handlers } = queueNames(prefix);
  const always = [inbound, outbound, maintenance];
  return hasHandlers ? [...always, handlers] : always;
}

/** Limits of the worker of each queue. */
export const queueLimits = {
  inbound: {
    // More than what is under way at once: a start finds a free slot here, or goes through the queue.
    maxConcurrentWorkflowTaskExecutions: 100,
    maxConcurrentLocalActivityExecutions: 40,
    // Those of claims and the assistant: short transactions.
    maxConcurrentActivityTaskExecutions: 10,
    maxCachedWorkflows: 200,
    // With the start's 5 s task time-out: what a killed worker held is taken over in under 6 s.
    stickyQueueScheduleToStartTimeout: '2s',
    shutdownGraceTime: '2s',
    shutdownForceTime: '10s',
  },
  outbound: {
    // A fast attempt runs inside its workflow task and holds it for as long as the receiver takes.
    maxConcurrentWorkflowTaskExecutions: 200,
    maxConcurrentLocalActivityExecutions: 200,
    // Attempts at endpoints that are slow or fail: they wait in slots of their own.
    maxConcurrentActivityTaskExecutions: 200,
    maxCachedWorkflows: 400,
    stickyQueueScheduleToStartTimeout: '2s',
    shutdownGraceTime: '2s',
    shutdownForceTime: '10s',
  },
  maintenance: {
    maxConcurrentWorkflowTaskExecutions: 2,
    // One job at a time in a process: each is a sequence of statements that must leave room.
    maxConcurrentActivityTaskExecutions: 1,
    maxConcurrentLocalActivityExecutions: 1,
    maxCachedWorkflows: 5,
    stickyQueueScheduleToStartTimeout: '2s',
    // A call ends after 5 s and the statement that runs then.
    shutdownGraceTime: '2s',
    shutdownForceTime: '10s',
  },
  handlers: {
    maxConcurrentWorkflowTaskExecutions: 20,
    // Actions are short transactions; more of them would only wait for connections.
    maxConcurrentActivityTaskExecutions: 20,
    maxConcurrentLocalActivityExecutions: 20,
    maxCachedWorkflows: 100,
    stickyQueueScheduleToStartTimeout: '2s',
    shutdownGraceTime: '2s',
    shutdownForceTime: '10s',
  },
} as const;
