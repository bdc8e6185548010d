import { toWireId, type DeliveryId } from '../../../shared/domain/ids.ts';
import type {
  DeliverySummary,
  StoredDelivery,
} from '../../../shared/db/queries/inbound-delivery-log.ts';
import type {
  authStatuses,
  DeliverySummaryView,
  DeliveryView,
} from '../../../shared/schemas/delivery-api.ts';
import { accepted, answerFor, duplicate, type Answer } from '../receiver/answer.ts';

const wire = (id: DeliveryId): string => toWireId('delivery', id);
const wireOrNull = (id: DeliveryId | null): string | null => (id === null ? null : wire(id));

/** A delivery as lists show it. */
export function presentSummary(delivery: DeliverySummary): DeliverySummaryView {
  return {
    id: wire(delivery.id),
    hookId: delivery.hookId === null ? null : toWireId('hook', delivery.hookId),
    receivedAt: delivery.receivedAt.toISOString(),
    method: delivery.method,
    path: delivery.path,
    sourceIp: delivery.sourceIp,
    userAgent: delivery.userAgent,
    authStatus: delivery.authStatus as (typeof authStatuses)[number],
    dispatchStatus: delivery.dispatchStatus,
    idempotencyKey: delivery.idempotencyKey,
    duplicateOf: wireOrNull(delivery.duplicateOf),
    outcome: delivery.outcome === null ? null : { ...delivery.outcome },
    responseStatus: delivery.responseStatus,
    durationMs: delivery.durationMs,
    isReplay: delivery.isReplay,
    replayedFrom: wireOrNull(delivery.replayedFrom),
    isTest: delivery.isTest,
  };
}

/** What a reader may see of a delivery besides its facts. */
export interface DeliveryVisibility {
  /** Bodies are customer data: for administrators only. */
  readonly isBodyShown: boolean;
  readonly temporalUrl: string | undefined;
}

/** A delivery in full. */
export function presentDelivery(
  delivery: StoredDelivery,
  { isBodyShown, temporalUrl }: DeliveryVisibility,
): DeliveryView {
  const body = toldSender(delivery)?.body;
  return {
    ...presentSummary(delivery),
    query: { ...delivery.query },
    headers: { ...delivery.headers },
    body: presentBody(delivery, isBodyShown),
    responseBody: typeof body === 'object' ? { ...body } : null,
    dispatchedAt: delivery.dispatchedAt?.toISOString() ?? null,
    replays: delivery.replays.map(wire),
    workflowId: delivery.workflowId,
    handlerWorkflowId: delivery.handlerWorkflowId,
    handlerRunId: delivery.handlerRunId,
    handlerVersion: delivery.handlerVersion,
    temporalUrl: temporalUrl ?? null,
  };
}

/** The answer that the noted status stands for. Its bytes follow from the row, so they are not stored. */
function toldSender(delivery: StoredDelivery): Answer | undefined {
  if (delivery.responseStatus === null || delivery.authStatus !== 'verified') return undefined;
  if (delivery.duplicateOf !== null) return duplicate(delivery.duplicateOf);
  // An outcome that came after the sender had been answered was not told.
  if (delivery.responseStatus === 200 || delivery.outcome === null) return accepted(delivery.id);
  return answerFor(delivery.id, delivery.outcome);
}

function presentBody(delivery: StoredDelivery, isShown: boolean): DeliveryView['body'] {
  const { body, bodySha256, bodyTruncatedAt } = delivery;
  if (body === null || bodySha256 === null) return null;
  return {
    bytes: body.length,
    sha256: bodySha256.toString('hex'),
    isTruncated: bodyTruncatedAt !== null,
    text: isShown ? textOf(body) : null,
    base64: isShown ? body.toString('base64') : null,
  };
}

function textOf(body: Buffer): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body);
  } catch {
    return null;
  }
}
