import { parseTenantId, type OutboundDeliveryId } from '../../domain/ids.ts';
import type { RetrySchedule } from '../../domain/retry.ts';
import type { Pool } from '../pool.ts';
import type { AnnouncedDelivery, TenantTx } from '../tenant.ts';
import { toAnnounced } from './outbound-deliveries.ts';

export interface DueWake extends AnnouncedDelivery {
  /** How often its workflow has been started or woken in vain, this time included. */
  readonly attempts: number;
  /** How many deliveries of its endpoint may be under way at once. */
  readonly maxInFlight: number;
}

/**
 * The wait before a delivery that was taken in vain is due again, in milliseconds; it doubles with each
 * time, up to 64 times as long.
 */
export const wakeRetryBaseMs = 10_000;

/** Lets deliveries of a tenant be due again after a while, unless they wait for something else by now. */
export async function putBackWakes(
  tx: TenantTx,
  ids: readonly OutboundDeliveryId[],
  waitMs: number,
): Promise<void> {
  await tx.query({
    name: 'put_back_wakes',
    text: `
      update outbound_deliveries
      set wake_due_at = clock_timestamp() + make_interval(secs => $3::double precision / 1000.0),
        wake_attempts = 0
      where tenant_id = $1::uuid and id = any($2::uuid[]) and settled_at is null
        and wake_due_at is not null and waiting_since is null`,
    values: [tx.tenantId, ids, waitMs],
  });
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
    max_in_flight: number;
  }>({
    name: 'claim_due_wakes',
    text: 'select * from claim_due_wakes($1::integer, $2::integer)',
    values: [rowsMax, waitBaseMs],
  });
  return rows.map((row) => ({
    ...toAnnounced(parseTenantId(row.tenant_id), { ...row, id: row.delivery_id }),
    attempts: row.wake_attempts,
    maxInFlight: row.max_in_flight,
  }));
}

/** How many deliveries of all tenants are due, counted up to `rowsMax`. */
export async function countDueWakes(pool: Pool, rowsMax: number): Promise<number> {
  const { rows } = await pool.query<{ n: number }>({
    name: 'count_due_wakes',
    text: 'select count_due_wakes($1::integer) as n',
    values: [rowsMax],
  });
  return rows[0]?.n ?? 0;
}
