import type { TenantTx } from '../tenant.ts';

/** What an asset holds. Undefined is the default on a new asset, and "as it is" in an update. */
export interface AssetValues {
  readonly clientId: string | undefined;
  readonly assetType: string | undefined;
  readonly name: string | undefined;
  readonly assetTag: string | undefined;
  readonly serialNumber: string | undefined;
  readonly status: string | undefined;
  readonly location: string | undefined;
  readonly externalScopeId: string | undefined;
}

/** The parameters $1 to $10 of both statements that write an asset. */
function parameters(tx: TenantTx, id: string, asset: AssetValues): unknown[] {
  return [
    tx.tenantId,
    id,
    asset.clientId,
    asset.assetType,
    asset.name,
    asset.assetTag,
    asset.serialNumber,
    asset.status,
    asset.location,
    asset.externalScopeId,
  ];
}

export async function insertAsset(
  tx: TenantTx,
  id: string,
  asset: AssetValues & { readonly name: string },
): Promise<void> {
  await tx.query({
    name: 'insert_asset',
    text: `
      insert into assets (tenant_id, id, client_id, asset_type, name, asset_tag, serial_number,
        status, location, external_scope_id)
      values ($1::uuid, $2::uuid, $3::uuid, coalesce($4::text, 'unknown'), $5::text, $6::text,
        $7::text, coalesce($8::text, 'active'), $9::text, $10::text)`,
    values: parameters(tx, id, asset),
  });
}

/**
 * Changes what is given of an asset and leaves the rest (S-029). Returns the client it belongs to
 * now, if any; undefined when the asset is gone.
 */
export async function updateAsset(
  tx: TenantTx,
  id: string,
  asset: AssetValues,
): Promise<{ readonly clientId: string | null } | undefined> {
  const { rows } = await tx.query<{ client_id: string | null }>({
    name: 'update_asset',
    text: `
      update assets set
        client_id = coalesce($3::uuid, client_id),
        asset_type = coalesce($4::text, asset_type),
        name = coalesce($5::text, name),
        asset_tag = coalesce($6::text, asset_tag),
        serial_number = coalesce($7::text, serial_number),
        status = coalesce($8::text, status),
        location = coalesce($9::text, location),
        external_scope_id = coalesce($10::text, external_scope_id),
        updated_at = clock_timestamp()
      where tenant_id = $1::uuid and id = $2::uuid
      returning client_id`,
    values: parameters(tx, id, asset),
  });
  const [row] = rows;
  return row && { clientId: row.client_id };
}
