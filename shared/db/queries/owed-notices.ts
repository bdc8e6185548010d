import type { EndpointId } from '../../domain/ids.ts';
import type { TenantTx } from '../tenant.ts';

/** A mail that the owner of a disabled endpoint is owed, and that its caller is to try now. */
export interface OwedNotice {
  readonly endpointName: string;
  /** Why the endpoint was disabled. */
  readonly reason: string;
  /** HTTP status of the last failure; null when there was no answer. */
  readonly lastStatus: number | null;
  readonly createdBy: string | null;
  /** Which try this is, from 1 on. */
  readonly tries: number;
  /** When the next one is due unless this one is settled; names this try. */
  readonly nextDueAt: string;
}

/** Notes that the owner of an endpoint, which this transaction has disabled, is to be told by mail. */
export async function oweNotice(
  tx: TenantTx,
  endpointId: EndpointId,
  lastStatus: number | null,
): Promise<void> {
  await tx.query({
    text: `
      update endpoints
      set notice_due_at = clock_timestamp(), notice_tries = 0, notice_last_status = $3::integer
      where tenant_id = $1::uuid and id = $2::uuid`,
    values: [tx.tenantId, endpointId, lastStatus],
  });
}

/**
 * Takes a try of a notice that is due; undefined when there is none, or another one has taken it. The
 * next is due after `firstWaitMs`, doubled with each: it is made if this one fails or its process dies.
 */
export async function claimNotice(
  tx: TenantTx,
  endpointId: EndpointId,
  firstWaitMs: number,
): Promise<OwedNotice | undefined> {
  const { rows } = await tx.query<{
    name: string;
    disabled_reason: string | null;
    notice_last_status: number | null;
    created_by: string | null;
    notice_tries: number;
    next_due_at: string;
  }>({
    text: `
      update endpoints
      set notice_tries = notice_tries + 1,
        notice_due_at = clock_timestamp()
          + make_interval(secs => $3::bigint / 1000.0 * power(2, notice_tries))
      where tenant_id = $1::uuid and id = $2::uuid and notice_due_at <= clock_timestamp()
      returning name, disabled_reason, notice_last_status, created_by, notice_tries,
        to_char(notice_due_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as next_due_at`,
    values: [tx.tenantId, endpointId, firstWaitMs],
  });
  const [row] = rows;
  return (
    row && {
      endpointName: row.name,
      reason: row.disabled_reason ?? '',
      lastStatus: row.notice_last_status,
      createdBy: row.created_by,
      tries: row.notice_tries,
      nextDueAt: row.next_due_at,
    }
  );
}

/**
 * Nothing more is owed: the mail is sent, or given up. False when it was settled otherwise since the try
 * was taken, or another try has been.
 */
export async function settleNotice(
  tx: TenantTx,
  endpointId: EndpointId,
  { nextDueAt }: Pick<OwedNotice, 'nextDueAt'>,
): Promise<boolean> {
  const { rowCount } = await tx.query({
    text: `
      update endpoints set notice_due_at = null
      where tenant_id = $1::uuid and id = $2::uuid and notice_due_at = $3::timestamptz`,
    values: [tx.tenantId, endpointId, nextDueAt],
  });
  return rowCount === 1;
}
