import type { TenantTx } from '../tenant.ts';

export interface KeyLimits {
  /** Requests in a window. */
  readonly keyMax: number;
  readonly tenantMax: number;
  readonly windowMs: number;
}

/** What a request found: whether it passes, and what is left of both windows. */
export interface KeyCount {
  readonly isAdmitted: boolean;
  readonly keyLeft: number;
  readonly tenantLeft: number;
  /** Milliseconds until each window ends. */
  readonly keyEndsInMs: number;
  readonly tenantEndsInMs: number;
}

/**
 * Counts a request of a credential against its own limit and the tenant's, both looked at before either
 * is used up (S-106). One function call under the locks of both rows, by the database's clock.
 */
export async function countKeyRequest(
  tx: TenantTx,
  credentialId: string,
  limits: KeyLimits,
): Promise<KeyCount> {
  // A transaction of its own, whose loss would only forget a request: it need not wait for the disk.
  tx.ahead({ text: 'set local synchronous_commit = off' });
  const { rows } = await tx.query<{
    is_admitted: boolean;
    credential_left: number;
    tenant_left: number;
    credential_ends_in_ms: number;
    tenant_ends_in_ms: number;
  }>({
    name: 'admit_automation_request',
    text: `
      select is_admitted, credential_left, tenant_left, credential_ends_in_ms, tenant_ends_in_ms
      from admit_automation_request($1::uuid, $2::uuid, $3::integer, $4::integer, $5::integer)`,
    values: [tx.tenantId, credentialId, limits.keyMax, limits.tenantMax, limits.windowMs],
  });
  const [row] = rows;
  if (row === undefined) throw new Error('the count of requests answered nothing');
  return {
    isAdmitted: row.is_admitted,
    keyLeft: row.credential_left,
    tenantLeft: row.tenant_left,
    keyEndsInMs: row.credential_ends_in_ms,
    tenantEndsInMs: row.tenant_ends_in_ms,
  };
}

/**
 * Removes the windows of credentials that are gone. Those of the last hour stay: a request that counts
 * itself at this moment must find its row.
 */
export async function removeStrayWindows(tx: TenantTx): Promise<void> {
  await tx.query({
    text: `
      delete from automation_rate_windows w
      where w.tenant_id = $1::uuid and w.subject_id <> $1::uuid
        and w.started_at < clock_timestamp() - interval '1 hour'
        and not exists (
          select from automation_credentials k
          where k.tenant_id = $1::uuid and k.id = w.subject_id)`,
    values: [tx.tenantId],
  });
}
