import { parseTenantId } from '../../domain/ids.ts';
import type { RetrySchedule } from '../../domain/retry.ts';
import type { Pool } from '../pool.ts';
import type { AnnouncedDelivery } from '../tenant.ts';
import { toAnnounced } from './outbound-deliveries.ts';

export interface DueWake extends AnnouncedDelivery {
  /** How often its workflow has been started or woken in vain, this time included. */
  readonly attempts: number;
}

/** Takes due deliveries of all tenants and pushes each one's next time out (see migration 0011). */
export async function claimDueWakes(
  pool: Pool,
  rowsMax: number,
  waitBaseMs: number,
): Promise<DueWake[]> {
  const { rows } = await pool.query<{
    tenant_id: string;
    delivery_id: string;
    endpoint_id: string;
    event_type: string;
    retry: RetrySchedule;
    wake_attempts: number;
  }>({
    name: 'claim_due_wakes',
    text: 'select * from claim_due_wakes($1::integer, $2::integer)',
    values: [rowsMax, waitBaseMs],
  });
  return rows.map((row) => ({
    ...toAnnounced(parseTenantId(row.tenant_id), { ...row, id: row.delivery_id }),
    attempts: row.wake_attempts,
  }));
}
