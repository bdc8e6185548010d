import type { EndpointId, OutboundDeliveryId } from '../../domain/ids.ts';
import { toStorableJson, toStorableText } from '../../domain/storable-text.ts';
import type { ErrorCode } from '../../errors/catalogue.ts';
import type { TenantTx } from '../tenant.ts';

/** An attempt that is about to be made. */
export interface NewAttempt {
  readonly deliveryId: OutboundDeliveryId;
  readonly endpointId: EndpointId;
  readonly number: number;
  readonly url: string;
  readonly leaseMs: number;
  readonly signedBy: readonly string[];
  /** Tokens that are left in the endpoint's bucket once it has taken its own. */
  readonly tokens: number;
  /** How many deliveries of the endpoint may be under way, this one included. */
  readonly places: number;
}

/**
 * Takes one of the endpoint's places and begins an attempt in it. The gate is locked by the caller, so
 * the places are counted exactly. False when none is free: nothing was written.
 */
export async function beginAttempt(tx: TenantTx, attempt: NewAttempt): Promise<boolean> {
  const { rowCount } = await tx.query({
    name: 'begin_attempt',
    text: `
      with begun as (
        insert into outbound_attempts (tenant_id, delivery_id, number, endpoint_id, lease_until, url,
          signed_by)
        select $1::uuid, $2::uuid, $3::integer, $4::uuid,
          clock_timestamp() + make_interval(secs => $5::integer / 1000.0), $6::text, $7::text[]
        where (
          select count(*) from outbound_attempts u
          where u.tenant_id = $1::uuid and u.endpoint_id = $4::uuid and u.finished_at is null
            and u.lease_until > clock_timestamp()
        ) < $8::integer
        returning lease_until
      ), gate as (
        update endpoint_gates
        set tokens = $9::double precision, refilled_at = clock_timestamp(),
          last_attempt_at = clock_timestamp()
        from begun
        where tenant_id = $1::uuid and endpoint_id = $4::uuid
      )
      update outbound_deliveries d
      set attempts = $3::integer, last_attempt_at = clock_timestamp(), hold_reason = null,
        status = case when d.status = 'held' then
          case when d.attempts > 0 then 'retrying' else 'pending' end else d.status end,
        next_attempt_at = null, rate_slot_at = null, waiting_since = null, asked_at = null,
        wake_due_at = b.lease_until + interval '1 second', wake_attempts = 0,
        updated_at = clock_timestamp()
      from begun b
      where d.tenant_id = $1::uuid and d.id = $2::uuid`,
    values: [
      tx.tenantId,
      attempt.deliveryId,
      attempt.number,
      attempt.endpointId,
      attempt.leaseMs,
      attempt.url,
      attempt.signedBy,
      attempt.places,
      attempt.tokens,
    ],
  });
  return rowCount === 1;
}

/** Closes the attempt of a worker that never told what came of it. */
export async function loseAttempt(tx: TenantTx, deliveryId: OutboundDeliveryId): Promise<void> {
  await tx.query({
    name: 'lose_attempt',
    text: `
      update outbound_attempts
      set finished_at = clock_timestamp(), outcome = 'lost', error_class = 'worker_lost',
        error = 'The worker ended before the answer was recorded; the receiver may have got it.'
      where tenant_id = $1::uuid and delivery_id = $2::uuid and finished_at is null`,
    values: [tx.tenantId, deliveryId],
  });
}

/** What came of an attempt, as it is recorded. */
export interface AttemptRecord {
  readonly outcome: 'delivered' | 'failed' | 'lost';
  readonly statusCode: number | null;
  readonly errorClass: string | null;
  readonly error: string | null;
  readonly durationMs: number;
  readonly responseHeaders: Readonly<Record<string, string>>;
  readonly responseBody: string | null;
}

/**
 * Records what came of an attempt. False when it was given up meanwhile: its lease had run out, and
 * what another worker does now must not be overwritten.
 */
export async function finishAttempt(
  tx: TenantTx,
  deliveryId: OutboundDeliveryId,
  number: number,
  record: AttemptRecord,
): Promise<boolean> {
  const { rowCount } = await tx.query({
    name: 'finish_attempt',
    text: `
      update outbound_attempts
      set finished_at = clock_timestamp(), outcome = $4::text, status_code = $5::integer,
        error_class = $6::text, error = $7::text, duration_ms = $8::integer,
        response_headers = $9::jsonb, response_body = $10::text
      where tenant_id = $1::uuid and delivery_id = $2::uuid and number = $3::integer
        and finished_at is null`,
    values: [
      tx.tenantId,
      deliveryId,
      number,
      record.outcome,
      record.statusCode,
      record.errorClass,
      record.error,
      record.durationMs,
      toStorableJson(record.responseHeaders),
      record.responseBody === null ? null : toStorableText(record.responseBody),
    ],
  });
  return rowCount === 1;
}

/** Where a delivery stands after an attempt. */
export interface DeliveryStanding {
  readonly status: 'delivered' | 'failed' | 'retrying';
  /** Why it failed for good. */
  readonly failureCode: ErrorCode | null;
  readonly failures: number;
  readonly statusCode: number | null;
  readonly errorClass: string | null;
  readonly error: string | null;
  /** Until the next attempt, in milliseconds; null when there is none. */
  readonly waitMs: number | null;
  /** How long after that the sweeper looks for it. */
  readonly lateMs: number;
}

/** Records where an open delivery stands after an attempt. */
export function recordStanding(
  tx: TenantTx,
  id: OutboundDeliveryId,
  standing: DeliveryStanding,
): void {
  tx.ahead({
    name: 'record_standing',
    text: `
      update outbound_deliveries
      set status = $3::text, failures = $4::integer, last_status_code = $5::integer,
        last_error_class = $6::text, last_error = $7::text, failure_code = $10::text,
        next_attempt_at = clock_timestamp()
          + make_interval(secs => $8::double precision / 1000.0),
        wake_due_at = clock_timestamp()
          + make_interval(secs => ($8::double precision + $9::integer) / 1000.0),
        wake_attempts = 0, waiting_since = null, rate_slot_at = null,
        delivered_at = case when $3::text = 'delivered' then clock_timestamp() end,
        settled_at = case when $3::text <> 'retrying' then clock_timestamp() end,
        updated_at = clock_timestamp()
      where tenant_id = $1::uuid and id = $2::uuid and settled_at is null`,
    values: [
      tx.tenantId,
      id,
      standing.status,
      standing.failures,
      standing.statusCode,
      standing.errorClass,
      standing.error,
      standing.waitMs,
      standing.lateMs,
      standing.failureCode,
    ],
  });
}
