import { insertAsset, updateAsset, type AssetValues } from '../../shared/db/queries/assets.ts';
import type { TenantTx } from '../../shared/db/tenant.ts';
import { noSuchId, refusing } from './constraints.ts';
import type { ActionRefusal } from './contract.ts';
import { stillThere } from './effects.ts';
import type { Claim } from './external-ids.ts';

/** An asset that is stored, and the client it belongs to, if any. */
export interface SavedAsset extends Claim {
  readonly clientId: string | null;
}

const refusals = { assets_tenant_id_client_id_fkey: noSuchId('client_id') };

/** Stores a new asset, named by `fallbackName` when nothing names it, or changes what is given of one. */
export async function saveAsset(
  tx: TenantTx,
  claimed: Claim,
  asset: AssetValues,
  fallbackName: string,
): Promise<SavedAsset | ActionRefusal> {
  return refusing(refusals, async () => {
    if (!claimed.isNew) {
      return { ...claimed, ...stillThere(await updateAsset(tx, claimed.entityId, asset)) };
    }
    await insertAsset(tx, claimed.entityId, { ...asset, name: asset.name ?? fallbackName });
    return { ...claimed, clientId: asset.clientId ?? null };
  });
}
