import type { TenantTx } from '../tenant.ts';

/** A device as a remote-monitoring provider knows it. */
export interface DeviceKey {
  readonly provider: string;
  readonly deviceId: string;
}

/** The asset that a device is, or undefined for a device that nobody has reported. */
export async function findAssetOfDevice(
  tx: TenantTx,
  device: DeviceKey,
): Promise<string | undefined> {
  const { rows } = await tx.query<{ asset_id: string }>({
    name: 'find_asset_of_device',
    text: `
      select asset_id from rmm_devices
      where tenant_id = $1::uuid and provider = $2::text and device_id = $3::text`,
    values: [tx.tenantId, device.provider, device.deviceId],
  });
  return rows[0]?.asset_id;
}

/**
 * Ties a device to its asset and stores the last snapshot of it. False, and nothing written, when
 * the device is another asset.
 */
export async function storeSnapshot(
  tx: TenantTx,
  device: DeviceKey,
  assetId: string,
  snapshot: Readonly<Record<string, unknown>>,
): Promise<boolean> {
  const { rowCount } = await tx.query({
    name: 'store_snapshot',
    text: `
      insert into rmm_devices as d (tenant_id, provider, device_id, asset_id, snapshot)
      values ($1::uuid, $2::text, $3::text, $4::uuid, $5::jsonb)
      on conflict (tenant_id, provider, device_id) do update
        set snapshot = excluded.snapshot, last_seen_at = now()
        where d.asset_id = excluded.asset_id`,
    values: [tx.tenantId, device.provider, device.deviceId, assetId, JSON.stringify(snapshot)],
  });
  return rowCount === 1;
}
