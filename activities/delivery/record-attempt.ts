import { disableEndpoint } from '../../shared/db/queries/endpoint-health.ts';
import {
  lockGateOnly,
  noteHealth,
  type AttemptEndpoint,
} from '../../shared/db/queries/endpoint-gates.ts';
import {
  finishAttempt,
  recordStanding,
  type AttemptRecord,
  type DeliveryStanding,
} from '../../shared/db/queries/outbound-attempts.ts';
import {
  lockOutboundDelivery,
  type LockedDelivery,
} from '../../shared/db/queries/outbound-deliveries.ts';
import {
  lineUpSleeping,
  releaseLine,
  takeNextWaiting,
} from '../../shared/db/queries/outbound-places.ts';
import type { AnnouncedDelivery, TenantTx } from '../../shared/db/tenant.ts';
import type { EndpointId } from '../../shared/domain/ids.ts';
import { isSettled } from '../../shared/domain/outbound.ts';
import type { EgressResult } from '../../shared/egress/result.ts';
import { publishEndpointEvent } from '../../shared/outbound/endpoint-event.ts';
import type { AttemptInput, AttemptResult } from './contract.ts';
import type { OpenedAttempt } from './open-attempt.ts';
import { isDown, placesOf } from './places.ts';
import { faultOf, judgeAttempt, sweepAfterMs, wasSuccess, type Verdict } from './policy.ts';
import { reportFailed } from './report.ts';

/** Largest part of an answer's body that is kept, in bytes (S-049). */
const keptBodyBytesMax = 8_192;

export interface Recorded {
  readonly result: AttemptResult;
  /** Whose turn it is at the endpoint. */
  readonly next: readonly AnnouncedDelivery[];
}

/** Records what came of an attempt and decides what follows, in one transaction. */
export async function recordAttempt(
  tx: TenantTx,
  { delivery, endpoint, number }: OpenedAttempt,
  answer: EgressResult,
  { retry, lane }: Pick<AttemptInput, 'retry' | 'lane'>,
): Promise<Recorded> {
  const { id, endpointId } = delivery;
  const current = await lockOutboundDelivery(tx, id);
  if (current === undefined) throw new Error(`outbound delivery ${id} is gone`);
  if (!(await finishAttempt(tx, id, number, toRecord(answer)))) {
    // Its lease ran out and another attempt took over: what that one finds is what counts.
    return { result: { kind: 'wait', reason: 'lease', waitMs: endpoint.timeoutMs }, next: [] };
  }
  const isSuccess = wasSuccess(answer);
  const result = isSettled(current.status)
    ? // Canceled while it was under way.
      ({ kind: 'settled', status: current.status, code: null, message: null } as const)
    : await recordVerdict(tx, current, answer, { retry, lane });
  if (isSuccess && endpoint.failuresInARow > 0) {
    const recoveredAt = new Date().toISOString();
    await publishEndpointEvent(tx, endpointId, 'endpoint.recovered', { recoveredAt });
  }
  // Last, because every attempt at the endpoint waits for this lock: the place is given back, and who
  // lined up before the lock was taken is seen by the statement after it.
  lockGateOnly(tx, endpointId);
  return { result, next: await callNext(tx, endpoint, endpointId, answer) };
}

/** Notes how the endpoint fares and gives its places to who waits. Its gate is locked. */
async function callNext(
  tx: TenantTx,
  endpoint: AttemptEndpoint,
  endpointId: EndpointId,
  answer: EgressResult,
): Promise<readonly AnnouncedDelivery[]> {
  const { maxInFlight, ratePerMinute } = endpoint;
  const isSuccess = wasSuccess(answer);
  const { durationMs } = answer;
  const failuresBefore = await noteHealth(tx, endpointId, { isSuccess, durationMs });
  if (failuresBefore === undefined) return [];
  if (isSuccess) {
    if (failuresBefore > 0) await lineUpSleeping(tx, endpointId);
    const next = await takeNextWaiting(tx, endpointId, { after: 'success', places: maxInFlight });
    // After an outage more wait than were kept waiting by its places.
    if (isDown({ failuresInARow: failuresBefore })) {
      await releaseLine(tx, endpointId, ratePerMinute);
    }
    return next;
  }
  const places = placesOf({ maxInFlight, failuresInARow: failuresBefore + 1 });
  return takeNextWaiting(tx, endpointId, { after: 'failure', places });
}

async function recordVerdict(
  tx: TenantTx,
  delivery: LockedDelivery,
  answer: EgressResult,
  { retry, lane }: Pick<AttemptInput, 'retry' | 'lane'>,
): Promise<AttemptResult> {
  const { id, endpointId } = delivery;
  const failures = delivery.failures + (wasSuccess(answer) ? 0 : 1);
  const context = { nowMs: Date.now(), random: Math.random() };
  const verdict = judgeAttempt(answer, retry, failures, context);
  const standing = { ...toStanding(verdict, answer, failures), lateMs: sweepAfterMs(lane) };
  recordStanding(tx, id, standing);
  if (verdict.kind === 'failed') {
    const { statusCode, error } = standing;
    await reportFailed(tx, delivery, { reason: error ?? verdict.code, lastStatus: statusCode });
    if (verdict.isEndpointGone && (await disableGone(tx, endpointId))) {
      const disabledAt = new Date().toISOString();
      await publishEndpointEvent(tx, endpointId, 'endpoint.disabled', {
        reason: 'gone',
        disabledAt,
      });
    }
  }
  return toResult(verdict, standing);
}

const goneReason = 'The receiver answered that it is gone.';

/** Behind the lock of the gate, as whoever changes an endpoint takes the two: they cannot cross. */
function disableGone(tx: TenantTx, endpointId: EndpointId): Promise<boolean> {
  lockGateOnly(tx, endpointId);
  return disableEndpoint(tx, endpointId, goneReason, 'gone');
}

function toRecord(answer: EgressResult): AttemptRecord {
  const isAnswered = answer.kind === 'answered';
  return {
    outcome: wasSuccess(answer) ? 'delivered' : 'failed',
    statusCode: isAnswered ? answer.status : null,
    ...faultOf(answer),
    durationMs: answer.durationMs,
    responseHeaders: isAnswered ? answer.headers : {},
    responseBody: isAnswered ? answer.body.subarray(0, keptBodyBytesMax).toString('utf8') : null,
  };
}

function toStanding(
  verdict: Verdict,
  answer: EgressResult,
  failures: number,
): Omit<DeliveryStanding, 'lateMs'> {
  const statusCode = answer.kind === 'answered' ? answer.status : null;
  return {
    status: verdict.kind === 'retry' ? 'retrying' : verdict.kind,
    failures,
    statusCode,
    ...faultOf(answer),
    failureCode: verdict.kind === 'failed' ? verdict.code : null,
    waitMs: verdict.kind === 'retry' ? verdict.waitMs : null,
  };
}

function toResult(verdict: Verdict, { error }: Pick<DeliveryStanding, 'error'>): AttemptResult {
  if (verdict.kind === 'retry') return { kind: 'wait', reason: 'retry', waitMs: verdict.waitMs };
  const code = verdict.kind === 'failed' ? verdict.code : null;
  return { kind: 'settled', status: verdict.kind, code, message: error };
}
