import { errorCatalogue } from '../../../shared/errors/catalogue.ts';
import { toWireId, type DeliveryId } from '../../../shared/domain/ids.ts';
import type { DispatchOutcome } from '../../../shared/domain/outcome.ts';

/** What the receiver says to a sender. The body keeps the snake case that senders already parse. */
export interface Answer {
  readonly status: number;
  readonly body?: Readonly<Record<string, unknown>>;
}

/** One answer for everything that is not let in: unknown, inactive or unproven (S-002). */
export const unauthorized: Answer = { status: 401 };
/** The tenant has the receiver switched off (S-140). */
export const switchedOff: Answer = { status: 404 };

export function duplicate(original: DeliveryId): Answer {
  return { status: 200, body: { delivery_id: toWireId('delivery', original), duplicate: true } };
}

/** Accepted and durable, its outcome not known yet or not asked for. */
export function accepted(id: DeliveryId): Answer {
  return { status: 200, body: { delivery_id: toWireId('delivery', id) } };
}

/** The answer for a known outcome. Senders see two kinds of failure; the delivery shows the rest. */
export function answerFor(id: DeliveryId, outcome: DispatchOutcome): Answer {
  if (outcome.status === 'dispatched') return accepted(id);
  const isSenders = outcome.code === 'invalid_json' || outcome.code === 'mapping_failed';
  const error = isSenders ? outcome.code : 'dispatch_failed';
  return {
    status: errorCatalogue[error].status,
    body: { delivery_id: toWireId('delivery', id), error },
  };
}
