import {
  commandDelivery,
  lockOutboundDelivery,
  settleDelivery,
} from '../../../shared/db/queries/outbound-deliveries.ts';
import type { AnnouncedDelivery, TenantTx } from '../../../shared/db/tenant.ts';
import type { OutboundDeliveryId } from '../../../shared/domain/ids.ts';
import { isSettled, type DeliveryCommand } from '../../../shared/domain/outbound.ts';
import { TidegateError } from '../../../shared/errors/tidegate-error.ts';

/**
 * Writes an owner's command to a delivery into its row, where it holds also while Temporal is away.
 * Returns the delivery as its workflow is to be woken by. Throws `delivery_settled`.
 */
export async function commandOutboundDelivery(
  tx: TenantTx,
  id: OutboundDeliveryId,
  command: DeliveryCommand,
): Promise<readonly AnnouncedDelivery[]> {
  const delivery = await lockOutboundDelivery(tx, id);
  if (delivery === undefined) throw new TidegateError('not_found');
  if (isSettled(delivery.status)) {
    throw new TidegateError('delivery_settled', `The delivery is ${delivery.status}.`);
  }
  if (command === 'cancel') {
    await settleDelivery(tx, id, { status: 'canceled' });
    const { endpointId, eventType, retry } = delivery;
    return [{ tenantId: tx.tenantId, deliveryId: id, endpointId, eventType, retry }];
  }
  const commanded = await commandDelivery(tx, id, command);
  return commanded === undefined ? [] : [commanded];
}
