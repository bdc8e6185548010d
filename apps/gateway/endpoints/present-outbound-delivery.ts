import { toWireId, type OutboundDeliveryId } from '../../../shared/domain/ids.ts';
import { attemptsMax } from '../../../shared/domain/retry.ts';
import type {
  LoggedAttempt,
  OutboundSummary,
  StoredOutboundDelivery,
} from '../../../shared/db/queries/outbound-delivery-log.ts';
import type {
  OutboundDeliveryView,
  OutboundSummaryView,
} from '../../../shared/schemas/outbound-delivery-api.ts';
import { outboundWorkflowId } from '../../../workflows/outbound-delivery/contract.ts';

const wire = (id: OutboundDeliveryId): string => toWireId('outboundDelivery', id);
const iso = (moment: Date | null): string | null => moment?.toISOString() ?? null;

/** A delivery as lists show it (S-046). */
export function presentOutboundSummary(delivery: OutboundSummary): OutboundSummaryView {
  return {
    id: wire(delivery.id),
    endpointId: toWireId('endpoint', delivery.endpointId),
    endpointName: delivery.endpointName,
    eventId: toWireId('event', delivery.eventId),
    eventType: delivery.eventType,
    occurredAt: delivery.occurredAt.toISOString(),
    origin: delivery.origin,
    replayedFrom: delivery.replayedFrom === null ? null : wire(delivery.replayedFrom),
    replayJobId: delivery.replayJobId === null ? null : toWireId('replayJob', delivery.replayJobId),
    status: delivery.status,
    holdReason: delivery.holdReason,
    attemptCount: delivery.attempts,
    failureCount: delivery.failures,
    attemptsMax: attemptsMax(delivery.retry),
    nextAttemptAt: iso(delivery.nextAttemptAt),
    lastStatusCode: delivery.lastStatusCode,
    lastErrorClass: delivery.lastErrorClass,
    lastError: delivery.lastError,
    failureCode: delivery.failureCode,
    lastAttemptAt: iso(delivery.lastAttemptAt),
    deliveredAt: iso(delivery.deliveredAt),
    settledAt: iso(delivery.settledAt),
    createdAt: delivery.createdAt.toISOString(),
    updatedAt: delivery.updatedAt.toISOString(),
  };
}

/** What a reader may see of a delivery besides its facts. */
export interface OutboundVisibility {
  /** Bodies are customer data: for administrators only. */
  readonly isBodyShown: boolean;
  /** The page of its run, or undefined where no UI is known or the reader may not see it. */
  readonly temporalUrl: (workflowId: string) => string | undefined;
}

/** A delivery in full, with its attempts. */
export function presentOutboundDelivery(
  delivery: StoredOutboundDelivery,
  attempts: readonly LoggedAttempt[],
  { isBodyShown, temporalUrl }: OutboundVisibility,
): OutboundDeliveryView {
  const workflowId = outboundWorkflowId(wire(delivery.id));
  return {
    ...presentOutboundSummary(delivery),
    body: isBodyShown ? delivery.body : null,
    attempts: attempts.map(presentAttempt),
    replays: delivery.replays.map(wire),
    workflowId,
    temporalUrl: temporalUrl(workflowId) ?? null,
  };
}

function presentAttempt(attempt: LoggedAttempt): OutboundDeliveryView['attempts'][number] {
  return {
    number: attempt.number,
    status: attempt.outcome ?? 'running',
    url: attempt.url,
    statusCode: attempt.statusCode,
    errorClass: attempt.errorClass,
    error: attempt.error,
    durationMs: attempt.durationMs,
    responseHeaders: { ...attempt.responseHeaders },
    responseBody: attempt.responseBody,
    signedBy: [...attempt.signedBy],
    startedAt: attempt.startedAt.toISOString(),
    finishedAt: iso(attempt.finishedAt),
  };
}
