import type { MaintenanceInput } from './contract.ts';

/** How long things are kept, in milliseconds. */
export interface RetentionAges {
  /** Raw bodies, before they are cut to a head. */
  readonly bodyMs: number;
  /** Requests that were not let in. */
  readonly rejectedMs: number;
  /** How long Temporal remembers a run after its end. */
  readonly workflowMs: number;
  /** Events, whose deliveries stay, and the traces of the built-in assistant. */
  readonly eventMs: number;
  /** Outbound deliveries, from their end on; and how long an open one is kept before it ends. */
  readonly deliveryMs: number;
}

export interface MaintenanceSchedule {
  /** Becomes part of the schedule's and the runs' ids. */
  readonly name: string;
  readonly everyMs: number;
  readonly input: MaintenanceInput;
}

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
/**
 * The server deletes an ended run some time after its retention is over. Before that, the use count
 * of a reservation keeps its key from getting the id of a run that still exists.
 */
const forgettingMarginMs = 24 * hourMs;

/** A statement takes well under a second; 500 calls of 5 s end before the next hourly run. */
const gently = {
  limits: { rowsMax: 1_000, pauseMs: 50, timeMaxMs: 5_000 },
  callsMax: 500,
} as const;

/** Each row is a transaction of its own tenant; what is left after a minute waits for the next run. */
const soon = {
  limits: { rowsMax: 100, pauseMs: 50, timeMaxMs: 5_000 },
  callsMax: 12,
} as const;

/** A page of a replay is due every ten seconds: a job on which nothing moved for so long has no run. */
const stalledMs = 2 * minuteMs;

/** Every maintenance job, with the schedule that runs it: the one table. */
export function maintenanceSchedules(ages: RetentionAges): readonly MaintenanceSchedule[] {
  return [
    {
      name: 'retention',
      everyMs: hourMs,
      input: {
        jobs: [
          { name: 'cutBodies', olderThanMs: ages.bodyMs },
          { name: 'purgeRejected', olderThanMs: ages.rejectedMs },
          { name: 'removeReservations', olderThanMs: ages.workflowMs + forgettingMarginMs },
          { name: 'cutSamples', olderThanMs: ages.bodyMs },
          // They carry their own end.
          { name: 'removeAnswers', olderThanMs: 0 },
          { name: 'removeEvents', olderThanMs: ages.eventMs },
          { name: 'removeAssistantRuns', olderThanMs: ages.eventMs },
          { name: 'expireDeliveries', olderThanMs: ages.deliveryMs },
          { name: 'removeDeliveries', olderThanMs: ages.deliveryMs },
        ],
        ...gently,
      },
    },
    {
      name: 'frequent',
      everyMs: 5 * minuteMs,
      input: {
        jobs: [
          // What is due of these stands in the rows.
          { name: 'startRotations', olderThanMs: 0 },
          { name: 'tendRotations', olderThanMs: 0 },
          { name: 'sealLegacySecrets', olderThanMs: 0 },
          { name: 'disableFailing', olderThanMs: 0 },
          { name: 'sendNotices', olderThanMs: 0 },
          { name: 'startReplays', olderThanMs: stalledMs },
          { name: 'expireClaims', olderThanMs: 0 },
        ],
        ...soon,
      },
    },
  ];
}
