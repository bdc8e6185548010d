import type { AttemptEndpoint } from '../../shared/db/queries/endpoint-gates.ts';
import type { LockedDelivery } from '../../shared/db/queries/outbound-deliveries.ts';
import type { HoldReason } from '../../shared/domain/outbound.ts';
import {
  waitAfterFailure,
  parseRetryAfter,
  type RetrySchedule,
} from '../../shared/domain/retry.ts';
import type { ErrorCode } from '../../shared/errors/catalogue.ts';
import type { EgressResult } from '../../shared/egress/result.ts';
import type { AttemptInput } from './contract.ts';

/** A held delivery is looked at again after this time, in case nobody woke it (S-061). */
export const holdRecheckMs = 3_600_000;
/** One that waits for a place looks again after this time, in case nobody woke it. */
export const placeFallbackMs = 300_000;
/** An attempt's lease is longer than its own time by this: for signing, recording and a slow database. */
export const leaseMarginMs = 10_000;
/** An endpoint whose last answer took longer than this is not for the fast lane. */
const slowMs = 2_000;
/** How far behind its time the sweeper looks whether the run of a delivery still lives, in milliseconds. */
const lateMs = 30_000;

/** The same for an attempt in this lane: without a run, the sweeper is what keeps the time. */
export const sweepAfterMs = (lane: AttemptInput['lane']): number => (lane === 'burst' ? 0 : lateMs);

/** Attempts whose worker died do not count as failures, but there is an end to them. */
const lostMax = 20;

/** What is to be done with a locked delivery, decided before anything is written. */
export type Opening =
  /** It could begin, but not in this lane. */
  | { readonly kind: 'turn_away' }
  | { readonly kind: 'fail'; readonly code: ErrorCode; readonly message: string }
  | { readonly kind: 'hold'; readonly reason: HoldReason }
  | { readonly kind: 'wait_lease'; readonly waitMs: number }
  | { readonly kind: 'wait_time'; readonly waitMs: number }
  | { readonly kind: 'wait_slot'; readonly waitMs: number }
  | { readonly kind: 'reserve_slot'; readonly waitMs: number; readonly tokens: number }
  /** Try to take a place. `isLost`: the attempt before ended with its worker. */
  | { readonly kind: 'begin'; readonly tokens: number; readonly isLost: boolean };

/** Decides on an open delivery whose endpoint exists. */
export function decideOpening(
  delivery: LockedDelivery,
  endpoint: AttemptEndpoint,
  lane: AttemptInput['lane'],
): Opening {
  const held = holdReasonOf(delivery, endpoint);
  if (held !== null) return { kind: 'hold', reason: held };
  const { leaseLeftMs } = endpoint;
  if (leaseLeftMs !== null && leaseLeftMs > 0) {
    return { kind: 'wait_lease', waitMs: Math.ceil(leaseLeftMs) };
  }
  const isLost = leaseLeftMs !== null;
  if (isLost && delivery.attempts - delivery.failures > lostMax) {
    const message = `${lostMax} attempts ended with their worker.`;
    return { kind: 'fail', code: 'attempts_exhausted', message };
  }
  const earlyMs = untilDueMs(delivery);
  if (earlyMs > 0) return { kind: 'wait_time', waitMs: earlyMs };
  const opening = decideRate(delivery, endpoint, isLost);
  return opening.kind === 'begin' && !isFor(endpoint, lane) ? { kind: 'turn_away' } : opening;
}

/**
 * How long until a failed delivery is to be tried again, in milliseconds. A wake that comes late or twice
 * must not use up a step of the schedule before its time (S-072); whoever is called to a free place, or
 * asked for, is due.
 */
function untilDueMs(delivery: LockedDelivery): number {
  const { status, nextAttemptInMs, isAskedFor, rateSlotInMs } = delivery;
  // With a place in the rate its time is that of the place.
  if (status !== 'retrying' || isAskedFor || rateSlotInMs !== null) return 0;
  return Math.ceil(Math.max(0, nextAttemptInMs ?? 0));
}

/**
 * A slow attempt would hold a workflow task, or the burst lane's room, for as long as it takes. In the
 * burst lane failures that come quickly cost no more than successes; a run would cost them one each.
 */
function isFor(endpoint: AttemptEndpoint, lane: AttemptInput['lane']): boolean {
  if (lane === 'patient') return true;
  const isSlow = (endpoint.lastDurationMs ?? 0) > slowMs;
  return !isSlow && (lane === 'burst' || endpoint.failuresInARow === 0);
}

function holdReasonOf(delivery: LockedDelivery, endpoint: AttemptEndpoint): HoldReason | null {
  if (delivery.holdReason === 'delivery_paused') return 'delivery_paused';
  // A test is asked for by hand, of an endpoint that was not disabled then.
  if (endpoint.status === 'paused' && delivery.origin !== 'test') return 'endpoint_paused';
  return endpoint.status === 'disabled' ? 'endpoint_disabled' : null;
}

/**
 * The token bucket of the endpoint (S-109). A delivery that finds it empty takes a token from the future
 * and sleeps until then, so that however many wait, none asks in vain.
 */
function decideRate(
  { rateSlotInMs }: LockedDelivery,
  endpoint: AttemptEndpoint,
  isLost: boolean,
): Opening {
  if (rateSlotInMs !== null && rateSlotInMs > 0) {
    return { kind: 'wait_slot', waitMs: Math.ceil(rateSlotInMs) };
  }
  const perMs = endpoint.ratePerMinute / 60_000;
  const tokens = Math.min(
    endpoint.ratePerMinute,
    endpoint.tokens + Math.max(0, endpoint.idleMs) * perMs,
  );
  // Its slot has come: the token was taken when the slot was.
  if (rateSlotInMs !== null) return { kind: 'begin', tokens, isLost };
  if (tokens >= 1) return { kind: 'begin', tokens: tokens - 1, isLost };
  return { kind: 'reserve_slot', waitMs: Math.ceil((1 - tokens) / perMs), tokens: tokens - 1 };
}

/** What an answer, or the lack of one, means for the delivery. */
export type Verdict =
  | { readonly kind: 'delivered' }
  | { readonly kind: 'retry'; readonly waitMs: number }
  | {
      readonly kind: 'failed';
      readonly code: ErrorCode;
      /** Whether the receiver wants no more of anything. */
      readonly isEndpointGone: boolean;
    };

/**
 * Decides what follows an attempt (S-057, S-072 to S-074): only a 2xx is a success; a refused address
 * and a receiver that says so are final; everything else is tried again while the schedule lasts.
 * `failures` includes this one; `random` is from 0 to 1.
 */
export function judgeAttempt(
  result: EgressResult,
  retry: RetrySchedule,
  failures: number,
  context: { readonly nowMs: number; readonly random: number },
): Verdict {
  if (result.kind === 'failed' && result.class === 'blocked') return final('address_refused');
  if (result.kind === 'answered') {
    if (wasSuccess(result)) return { kind: 'delivered' };
    // A receiver can say more than a status does: the response header of Standard Webhooks.
    const wish = result.headers['webhook-delivery'];
    if (result.status === 410 || wish === 'disable') return final('endpoint_gone', true);
    if (wish === 'abort-message') return final('delivery_refused');
  }
  const header = result.kind === 'answered' ? result.headers['retry-after'] : undefined;
  const retryAfterMs = parseRetryAfter(header, context.nowMs);
  const waitMs = waitAfterFailure(retry, failures, retryAfterMs, context.random);
  return waitMs === undefined ? final('attempts_exhausted') : { kind: 'retry', waitMs };
}

/** Only a 2xx is a success (S-057). */
export const wasSuccess = (answer: EgressResult): boolean =>
  answer.kind === 'answered' && answer.status >= 200 && answer.status < 300;

/** What was wrong with an answer, or the lack of one, as its class and a sentence; nulls for a success. */
export function faultOf(answer: EgressResult): {
  readonly errorClass: string | null;
  readonly error: string | null;
} {
  if (answer.kind === 'failed') return { errorClass: answer.class, error: answer.message };
  if (wasSuccess(answer)) return { errorClass: null, error: null };
  const isRedirect = answer.status >= 300 && answer.status < 400;
  const note = isRedirect ? ' Redirects are not followed.' : '';
  return { errorClass: 'http_status', error: `The receiver answered ${answer.status}.${note}` };
}

const final = (code: ErrorCode, isEndpointGone = false): Verdict => ({
  kind: 'failed',
  code,
  isEndpointGone,
});
