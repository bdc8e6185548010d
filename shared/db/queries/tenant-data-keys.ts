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
