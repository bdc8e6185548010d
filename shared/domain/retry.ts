/**
 * When a delivery is tried again. A schedule is data: it is agreed when the delivery is made, stands in
 * its row and in the input of its workflow, and does not change with later versions of this file.
 */
export interface RetrySchedule {
  /** The wait after each failed attempt, in milliseconds; after the last one there is no further try. */
  readonly waitsMs: readonly number[];
  /** Each wait is made longer or shorter by up to this share of it, drawn anew each time. */
  readonly jitter: number;
}

const secondMs = 1_000;
const minuteMs = 60 * secondMs;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

/** Waits of the named profiles (S-072, S-073, S-065). */
const waitsOf = {
  /** 8 attempts over 29 h 21 m. */
  standard: [minuteMs, 5 * minuteMs, 15 * minuteMs, hourMs, 4 * hourMs, 8 * hourMs, 16 * hourMs],
  conversation: [30 * secondMs, 2 * minuteMs, 10 * minuteMs, hourMs],
  cardView: [30 * secondMs, 5 * minuteMs, 30 * minuteMs],
  /** 20 retries, 500 ms × 2^n, none longer than a minute. */
  exponential: Array.from({ length: 20 }, (_none, n) => Math.min(minuteMs, 500 * 2 ** n)),
  /** 10 attempts over 75 h 35 m, as Standard Webhooks suggests. */
  extended: [
    5 * secondMs,
    5 * minuteMs,
    30 * minuteMs,
    2 * hourMs,
    5 * hourMs,
    10 * hourMs,
    14 * hourMs,
    20 * hourMs,
    24 * hourMs,
  ],
  /** The legacy single-URL mode: a second attempt within its 48 hours. */
  legacy: [minuteMs],
} as const satisfies Record<string, readonly number[]>;

export const retryProfiles = [
  'standard',
  'conversation',
  'cardView',
  'exponential',
  'extended',
  'legacy',
  'custom',
] as const;
export type RetryProfile = (typeof retryProfiles)[number];

/** A schedule of one's own: at most so many waits, each at most so long. */
export const customWaits = { countMax: 24, waitMsMax: 2 * dayMs } as const;

/** ±10 %, so that what failed together does not come back together. */
export const defaultJitter = 0.1;

/** The schedule of a profile; `customWaitsMs` are the waits of `custom`. */
export function scheduleOf(
  profile: RetryProfile,
  customWaitsMs: readonly number[] | null,
  jitter: number,
): RetrySchedule {
  return { waitsMs: profile === 'custom' ? (customWaitsMs ?? []) : waitsOf[profile], jitter };
}

/** How many attempts a schedule allows. */
export const attemptsMax = (schedule: RetrySchedule): number => schedule.waitsMs.length + 1;

/**
 * The wait in milliseconds after the `failures`-th failed attempt (counted from 1), or undefined when
 * there is no further one. A receiver's `Retry-After` makes it longer, up to 24 hours or the step of
 * the schedule, whichever is more; it never makes it shorter, so that a receiver cannot use up its own
 * attempts. `random` is from 0 to 1.
 */
export function waitAfterFailure(
  schedule: RetrySchedule,
  failures: number,
  retryAfterMs: number | undefined,
  random: number,
): number | undefined {
  const step = schedule.waitsMs[failures - 1];
  if (step === undefined) return undefined;
  const jittered = Math.max(0, Math.round(step * (1 + schedule.jitter * (2 * random - 1))));
  if (retryAfterMs === undefined) return jittered;
  return Math.max(jittered, Math.min(retryAfterMs, Math.max(step, dayMs)));
}

/**
 * Reads a `Retry-After` header (RFC 9110 10.2.3): whole seconds or an HTTP date, in milliseconds from
 * `nowMs`. Undefined for anything else; a date that is past is 0.
 */
export function parseRetryAfter(header: string | undefined, nowMs: number): number | undefined {
  if (header === undefined) return undefined;
  const text = header.trim();
  if (/^\d{1,12}$/.test(text)) return Number(text) * secondMs;
  if (!/^[A-Za-z]{3,9},? /.test(text)) return undefined;
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : Math.max(0, at - nowMs);
}
