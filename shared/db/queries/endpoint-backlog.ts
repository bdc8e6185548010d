import type { EndpointId } from '../../domain/ids.ts';
import type { RetrySchedule } from '../../domain/retry.ts';
import type { ErrorCode } from '../../errors/catalogue.ts';
import type { AnnouncedDelivery, TenantTx } from '../tenant.ts';
import { toAnnounced } from './outbound-deliveries.ts';

/**
 * Most open deliveries that one call settles. What is beyond ends by itself, when its time comes: its
 * endpoint is read anew before each attempt.
 */
const settledMax = 5_000;

/**
 * Ends the open deliveries of an endpoint as failed, with the reason. Locks them, so the caller holds
 * no lock on the endpoint or its gate yet. Returns them as their workflows are woken by.
 */
export async function failOpenDeliveries(
  tx: TenantTx,
  endpointId: EndpointId,
  code: ErrorCode,
  message: string,
): Promise<readonly AnnouncedDelivery[]> {
  const { rows } = await tx.query<{
    id: string;
    endpoint_id: string;
    event_type: string;
    retry: RetrySchedule;
  }>({
    text: `
      update outbound_deliveries d
      set status = 'failed', failure_code = $3::text, last_error = $4::text, hold_reason = null,
        next_attempt_at = null, rate_slot_at = null, waiting_since = null, wake_due_at = null,
        settled_at = clock_timestamp(), updated_at = clock_timestamp()
      from (
        select id from outbound_deliveries
        where tenant_id = $1::uuid and endpoint_id = $2::uuid and settled_at is null
        order by created_at, id
        limit $5::integer
        for update
      ) n
      where d.tenant_id = $1::uuid and d.id = n.id
      returning d.id, d.endpoint_id, d.event_type, d.retry`,
    values: [tx.tenantId, endpointId, code, message, settledMax],
  });
  return rows.map((row) => toAnnounced(tx.tenantId, row));
}

/**
 * Lets deliveries of an endpoint go on that wait by limits which have just been raised: for a place, or
 * for their turn in the rate; with `isRetryingToo` also those that wait after a failure, because what
 * failed has changed. They are spread by the rate and woken by the sweeper. Rows that someone works on
 * are passed over: they look at the endpoint by themselves. The caller holds the lock of the gate.
 * Returns how many there are.
 */
export async function wakeWaiting(
  tx: TenantTx,
  endpointId: EndpointId,
  isRetryingToo: boolean,
): Promise<number> {
  const { rowCount } = await tx.query({
    text: `
      with waiting as (
        select id, rate_slot_at, created_at from outbound_deliveries
        where tenant_id = $1::uuid and endpoint_id = $2::uuid and settled_at is null
          and status <> 'held'
          and (waiting_since is not null or rate_slot_at > clock_timestamp()
            or ($3::boolean and next_attempt_at > clock_timestamp()))
        for update skip locked
      ), refund as (
        update endpoint_gates g
        set tokens = least(e.rate_per_minute, g.tokens
          + (select count(*) from waiting w where w.rate_slot_at > clock_timestamp()))
        from endpoints e
        where g.tenant_id = $1::uuid and g.endpoint_id = $2::uuid
          and e.tenant_id = g.tenant_id and e.id = g.endpoint_id
      ), turns as (
        select w.id, clock_timestamp() + make_interval(
          secs => (row_number() over (order by w.created_at, w.id) - 1) * 60.0 / e.rate_per_minute)
          as due_at
        from waiting w
        join endpoints e on e.tenant_id = $1::uuid and e.id = $2::uuid
      )
      update outbound_deliveries d
      set waiting_since = null, rate_slot_at = null, next_attempt_at = t.due_at,
        wake_due_at = t.due_at, wake_attempts = 0, updated_at = clock_timestamp()
      from turns t
      where d.tenant_id = $1::uuid and d.id = t.id`,
    values: [tx.tenantId, endpointId, isRetryingToo],
  });
  return rowCount;
}
