import type { DeliveryId } from '../../domain/ids.ts';
import type { TenantTx } from '../tenant.ts';

/**
 * Counts one more start of a pending delivery that the engine answered with a fault. Returns how
 * many there were, this one included; 0 when the delivery is no longer pending.
 */
export async function countStartFault(tx: TenantTx, id: DeliveryId): Promise<number> {
  const { rows } = await tx.query<{ start_faults: number }>({
    name: 'count_start_fault',
    text: `
      update inbound_deliveries set start_faults = start_faults + 1
      where tenant_id = $1::uuid and id = $2::uuid and dispatch_status = 'pending'
      returning start_faults`,
    values: [tx.tenantId, id],
  });
  return rows[0]?.start_faults ?? 0;
}
