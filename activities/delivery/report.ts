import type { LockedDelivery } from '../../shared/db/queries/outbound-deliveries.ts';
import type { TenantTx } from '../../shared/db/tenant.ts';
import { toWireId } from '../../shared/domain/ids.ts';
import { isFailureReported } from '../../shared/events/operational.ts';
import { publishEvent } from '../../shared/outbound/publish-event.ts';

/**
 * Tells those who want to know that a delivery failed for good. Not of a delivery that itself told of
 * such things: reports of failed reports would have no end. Nor of a test: whoever asked for it looks.
 */
export async function reportFailed(
  tx: TenantTx,
  delivery: LockedDelivery,
  end: { readonly reason: string; readonly lastStatus: number | null },
): Promise<void> {
  if (!isFailureReported(delivery.eventType)) return;
  const deliveryId = toWireId('outboundDelivery', delivery.id);
  await publishEvent(tx, {
    type: 'delivery.failed',
    objectType: 'delivery',
    objectId: deliveryId,
    deliveryId: null,
    data: {
      deliveryId,
      endpointId: toWireId('endpoint', delivery.endpointId),
      eventId: toWireId('event', delivery.eventId),
      eventType: delivery.eventType,
      attempts: delivery.attempts,
      lastStatus: end.lastStatus,
      reason: end.reason,
    },
    aboutEndpointId: delivery.endpointId,
  });
}
