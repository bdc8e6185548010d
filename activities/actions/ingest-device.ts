import type { AssetValues } from '../../shared/db/queries/assets.ts';
import { findAssetOfDevice, storeSnapshot } from '../../shared/db/queries/rmm-devices.ts';
import { refusing } from './constraints.ts';
import { isRefusal, refuseValue, type ActionContext, type ActionRefusal } from './contract.ts';
import { claim, type Claim } from './external-ids.ts';
import type { DeviceReport } from './rmm-snapshot.ts';
import { saveAsset, type SavedAsset } from './save-asset.ts';

/**
 * The one way in which a device of a remote-monitoring provider becomes an asset (S-029): finds or
 * creates the asset of the device, whichever hook reported it, and keeps the last snapshot. Name and
 * serial number of the snapshot describe a new asset only: what users changed is not reset.
 */
export async function ingestDevice(
  context: ActionContext,
  externalId: string,
  report: DeviceReport,
  asset: AssetValues,
): Promise<SavedAsset | ActionRefusal> {
  const { tx } = context;
  const claimed = await claimByDevice(context, externalId, report);
  if (isRefusal(claimed)) return claimed;
  const described: AssetValues = claimed.isNew
    ? {
        ...asset,
        name: asset.name ?? report.name,
        serialNumber: asset.serialNumber ?? report.serialNumber,
      }
    : asset;
  const saved = await saveAsset(tx, claimed, described, externalId);
  if (isRefusal(saved)) return saved;
  // Two hooks may report a new device at the same moment. The second to get here starts afresh, and
  // then finds the asset of the first.
  if (!(await storeSnapshot(tx, report, saved.entityId, report.snapshot))) {
    throw new Error('another delivery has just taken in the same device');
  }
  return saved;
}

const refusals = {
  external_entity_mappings_tenant_id_hook_slug_entity_type_en_key: {
    field: 'external_id',
    reason: 'The hook knows this device under another external id.',
  },
};

/** Ties the external id to the asset that the device is already, if it is one. */
async function claimByDevice(
  context: ActionContext,
  externalId: string,
  report: DeviceReport,
): Promise<Claim | ActionRefusal> {
  const known = await findAssetOfDevice(context.tx, report);
  const claimed = await refusing(refusals, () => claim(context, 'asset', externalId, known));
  if (isRefusal(claimed) || known === undefined) return claimed;
  if (claimed.entityId !== known) {
    return refuseValue('rmm_snapshot', 'The device is another asset than that of external_id.');
  }
  return { entityId: known, isNew: false };
}
