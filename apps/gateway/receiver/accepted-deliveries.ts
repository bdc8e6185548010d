import type { ReceivingHook } from '../../../shared/db/queries/hooks.ts';
import type {
  AcceptedRequest,
  DispatchableDelivery,
} from '../../../shared/db/queries/inbound-deliveries.ts';
import type { DeliveryId } from '../../../shared/domain/ids.ts';
import { asStored } from '../../../shared/domain/storable-text.ts';

/**
 * Deliveries that were accepted a moment ago and whose senders wait, for the worker in this process: it need
 * not read what the gateway has just written.
 */
export interface AcceptedDeliveries {
  /** Keeps a delivery, made by `make` if it is taken, until the function that is returned is called. */
  keep(id: DeliveryId, make: () => DispatchableDelivery): () => void;
  /** Gives a delivery once: whoever dispatches it again reads what has become of it. */
  take(id: DeliveryId): DispatchableDelivery | undefined;
}

export function makeAcceptedDeliveries(): AcceptedDeliveries {
  const kept = new Map<DeliveryId, () => DispatchableDelivery>();
  return {
    keep(id, make) {
      kept.set(id, make);
      return () => void kept.delete(id);
    },
    take(id) {
      const make = kept.get(id);
      kept.delete(id);
      return make?.();
    },
  };
}

/** An accepted request as its dispatch would read it from its row and from the row of its hook. */
export function dispatchableOf(
  request: AcceptedRequest,
  hook: ReceivingHook,
  receivedAt: Date,
): DispatchableDelivery {
  return {
    id: request.id,
    outcome: null,
    body: request.body,
    headers: asStored(request.headers),
    query: asStored(request.query),
    receivedAt,
    idempotencyKey: request.idempotencyKey,
    hookSlug: hook.slug,
    hook: {
      handlerType: hook.handler.handlerType,
      handlerConfig: hook.handler.handlerConfig,
      languageLevel: hook.languageLevel,
      isFormTaken: hook.auth.authType === 'verifier',
    },
    handlerRun: undefined,
  };
}
