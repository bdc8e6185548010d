import { parseTenantId, type TenantId } from '../../domain/ids.ts';
import type { Pool } from '../pool.ts';
import type { TenantTx } from '../tenant.ts';

/** The wrapped data key of the tenant, or undefined before its first secret. */
export async function findDataKey(tx: TenantTx): Promise<Buffer | undefined> {
  const { rows } = await tx.query<{ wrapped_key: Buffer }>({
    name: 'find_data_key',
    text: 'select wrapped_key from tenant_data_keys where tenant_id = $1::uuid',
    values: [tx.tenantId],
  });
  return rows[0]?.wrapped_key;
}

/** Stores the first data key of the tenant; does nothing when there is one already. */
export async function insertDataKey(
  tx: TenantTx,
  wrappedKey: Buffer,
  masterKeyId: string,
): Promise<void> {
  await tx.query({
    text: `
      insert into tenant_data_keys (tenant_id, wrapped_key, master_key_id)
      values ($1::uuid, $2::bytea, $3::text)
      on conflict (tenant_id) do nothing`,
    values: [tx.tenantId, wrappedKey, masterKeyId],
  });
}

/** Replaces the wrapping of the tenant's data key, unless another process just did. */
export async function replaceDataKey(
  tx: TenantTx,
  before: Buffer,
  wrappedKey: Buffer,
  masterKeyId: string,
): Promise<void> {
  await tx.query({
    text: `
      update tenant_data_keys set wrapped_key = $3::bytea, master_key_id = $4::text
      where tenant_id = $1::uuid and wrapped_key = $2::bytea`,
    values: [tx.tenantId, before, wrappedKey, masterKeyId],
  });
}

/** How many tenants' data keys each master key wraps, over all tenants (see migration 0009). */
export async function countDataKeys(pool: Pool): Promise<ReadonlyMap<string, number>> {
  const { rows } = await pool.query<{ master_key_id: string; tenants: string }>(
    'select master_key_id, tenants from count_data_keys()',
  );
  return new Map(rows.map((row) => [row.master_key_id, Number(row.tenants)]));
}

/** Some of the tenants whose data key is wrapped by another master key than the named one. */
export async function tenantsNotWrappedWith(
  pool: Pool,
  primaryKeyId: string,
  rowsMax: number,
): Promise<TenantId[]> {
  const { rows } = await pool.query<{ tenant_id: string }>({
    text: 'select tenant_id from tenants_not_wrapped_with($1::text, $2::integer)',
    values: [primaryKeyId, rowsMax],
  });
  return rows.map((row) => parseTenantId(row.tenant_id));
}
