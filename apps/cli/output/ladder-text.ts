import type {
  OutboundDeliveryView,
  OutboundSummaryView,
} from '../../../shared/schemas/outbound-delivery-api.ts';
import { durationText } from './duration.ts';
import { cellText } from './printable.ts';
import { formatRecord, formatTable } from './table.ts';

type Attempt = OutboundDeliveryView['attempts'][number];

/** A delivery for people: its facts, then the ladder of its attempts. */
export function deliveryText(delivery: OutboundDeliveryView): string {
  return `${formatRecord(factsOf(delivery))}\n\n${ladderText(delivery, Date.now())}`;
}

const factsOf = (delivery: OutboundDeliveryView): Record<string, unknown> => ({
  id: delivery.id,
  endpoint: `${delivery.endpointName ?? 'gone'} (${delivery.endpointId})`,
  event: delivery.eventId,
  type: delivery.eventType,
  happenedAt: delivery.occurredAt,
  origin: delivery.origin,
  replayedFrom: delivery.replayedFrom,
  replays: delivery.replays,
  status: statusText(delivery),
  failure: delivery.failureCode,
  createdAt: delivery.createdAt,
  deliveredAt: delivery.deliveredAt,
  body: delivery.body,
  workflow: delivery.workflowId,
  temporal: delivery.temporalUrl,
});

/** The state of a delivery, with what holds it. */
export const statusText = ({ status, holdReason }: OutboundSummaryView): string =>
  holdReason === null ? status : `${status} (${holdReason.replaceAll('_', ' ')})`;

/** What the last answer was, or why there was none. */
export const answerText = ({ lastStatusCode, lastErrorClass }: OutboundSummaryView): unknown =>
  lastStatusCode ?? lastErrorClass;

/** Why a delivery is not delivered, as the end of a sentence. */
export function reasonOf(delivery: OutboundDeliveryView): string {
  if (delivery.status === 'held') return statusText(delivery);
  const answer = delivery.lastStatusCode;
  if (answer !== null) return `the receiver answered ${answer}`;
  return cellText(delivery.lastError ?? delivery.failureCode ?? delivery.status);
}

/**
 * The attempts, a line each: when, after what wait, how they were answered, how long that took. Then
 * what is to come.
 */
function ladderText(delivery: OutboundDeliveryView, nowMs: number): string {
  const { attempts } = delivery;
  const table = formatTable<Attempt>(
    [
      ['ATTEMPT', ({ number }) => number],
      ['AT', ({ startedAt }) => startedAt],
      ['AFTER', (attempt) => waitBefore(attempt, attempts)],
      ['ANSWER', outcomeOf],
      ['MS', ({ durationMs }) => durationMs],
      ['SAID', saidOf],
    ],
    attempts,
    Infinity,
  );
  return [...(attempts.length > 0 ? [table] : []), nextText(delivery, nowMs)].join('\n');
}

function outcomeOf({ status, statusCode, errorClass }: Attempt): unknown {
  if (statusCode !== null) return statusCode;
  return status === 'failed' ? (errorClass ?? 'no answer') : status;
}

/** What the receiver wrote, or why it could not. */
const saidOf = ({ statusCode, error, responseBody }: Attempt): string | null =>
  shortened(statusCode === null ? error : responseBody);

/** The time between the end of the attempt before and the begin of this one. */
function waitBefore({ number, startedAt }: Attempt, attempts: readonly Attempt[]): unknown {
  const before = attempts.find((attempt) => attempt.number === number - 1);
  if (before === undefined) return null;
  return durationText(Date.parse(startedAt) - Date.parse(before.finishedAt ?? before.startedAt));
}

function nextText(delivery: OutboundDeliveryView, nowMs: number): string {
  const { status, nextAttemptAt, failureCount, attemptsMax } = delivery;
  const steps = `${failureCount} of ${attemptsMax} attempts are used up`;
  if (status === 'held') return `It is held; ${steps}.`;
  if (status === 'delivered') return 'It is delivered.';
  if (status === 'canceled') return 'It is canceled.';
  if (status === 'failed') return `It has failed: ${reasonOf(delivery)}.`;
  if (nextAttemptAt === null) return `The next attempt is due; ${steps}.`;
  const waitMs = Date.parse(nextAttemptAt) - nowMs;
  const when = waitMs <= 0 ? 'is due' : `is in ${durationText(waitMs)}, at ${nextAttemptAt}`;
  return `The next attempt ${when}; ${steps}.`;
}

const saidMax = 80;

const shortened = (text: string | null): string | null =>
  text !== null && text.length > saidMax ? `${text.slice(0, saidMax - 1)}…` : text;
