import type { MaintenanceInput } from './contract.ts';

/** How long things are kept, in milliseconds. */
export interface RetentionAges {
  /** Raw bodies, before they are cut to a head. */
  readonly bodyMs: number;
  /** Requests that were not let in. */
  readonly rejectedMs: number;
  /** How long Temporal remembers a run after its end. */
  readonly workflowMs: number;
}

export interface MaintenanceSchedule {
  /** Becomes part of the schedule's and the runs' ids. */
  readonly name: string;
  readonly everyMs: number;
  readonly input: MaintenanceInput;
}

const hourMs = 3_600_000;
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
        ],
        ...gently,
      },
    },
  ];
}
