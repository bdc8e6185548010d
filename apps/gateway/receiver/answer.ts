import { toWireId, type DeliveryId } from '../../../shared/domain/ids.ts';
import { answerStatus, senderError, type DispatchOutcome } from '../../../shared/domain/outcome.ts';

/** What the receiver says to a sender. The body keeps the snake case that senders already parse. */
export interface Answer {
  readonly status: number;
  /** An object is sent as JSON, a text as it is. */
  readonly body?: Readonly<Record<string, unknown>> | string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** One answer for everything that is not let in: unknown, inactive or unproven (S-002). */
export const unauthorized: Answer = { status: 401 };
/** The tenant has the receiver switched off (S-140). */
export const switchedOff: Answer = { status: 404 };
/** A GET or HEAD that no handshake answers: as if there were no such path. */
export const methodNotTaken: Answer = { status: 404 };
/** Proven, but larger than the hook takes. Nothing is stored. */
export const tooLarge: Answer = { status: 413, body: { error: 'payload_too_large' } };

export function duplicate(original: DeliveryId): Answer {
  return { status: 200, body: { delivery_id: toWireId('delivery', original), duplicate: true } };
}

/** Accepted and durable, its outcome not known yet or not asked for. */
export function accepted(id: DeliveryId): Answer {
  return { status: 200, body: { delivery_id: toWireId('delivery', id) } };
}

/** The answer for a known outcome. Senders see few kinds of failure; the delivery shows the rest. */
export function answerFor(id: DeliveryId, outcome: DispatchOutcome): Answer {
  if (outcome.status === 'dispatched') return accepted(id);
  return {
    status: answerStatus(outcome),
    body: { delivery_id: toWireId('delivery', id), error: senderError(outcome) },
  };
}
