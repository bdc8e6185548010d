import { randomBytes } from 'node:crypto';
import { setBounded } from '../domain/bounded-map.ts';
import type { TenantId } from '../domain/ids.ts';
import type { TenantTx } from '../db/tenant.ts';
import { findDataKey, insertDataKey } from '../db/queries/tenant-data-keys.ts';
import type { KeyRing } from './key-ring.ts';
import { keyBytes, open, seal, type NamedKey, type SealContext } from './sealed-box.ts';

/** The place of a secret inside the tenant of the transaction. */
export type SecretPlace = Omit<SealContext, 'tenantId'>;

/** Seals and opens the secrets of tenants, each tenant under a data key of its own. */
export interface TenantVault {
  seal(tx: TenantTx, place: SecretPlace, secret: Uint8Array): Promise<Buffer>;
  open(tx: TenantTx, place: SecretPlace, box: Buffer): Promise<Buffer>;
}

/** How many unwrapped data keys are held in memory. The oldest is dropped first. */
const cachedKeysMax = 1_000;
const dataKeyId = 'tenant';

/** Where the data key of a tenant lives; bound into its seal. */
export const dataKeyPlace = (tenantId: TenantId): SealContext => ({
  table: 'tenant_data_keys',
  column: 'wrapped_key',
  tenantId,
  rowId: tenantId,
});

export function makeTenantVault(ring: KeyRing): TenantVault {
  const cache = new Map<string, NamedKey>();

  async function dataKey(tx: TenantTx): Promise<NamedKey> {
    const cached = cache.get(tx.tenantId);
    if (cached !== undefined) return cached;
    const context = dataKeyPlace(tx.tenantId);
    let wrapped = await findDataKey(tx);
    if (wrapped === undefined) {
      // Two first secrets at once: the insert that loses reads the key of the one that won.
      await insertDataKey(tx, ring.seal(context, randomBytes(keyBytes)), ring.primaryId);
      wrapped = await findDataKey(tx);
    }
    if (wrapped === undefined) throw new Error('the data key of the tenant cannot be read');
    return { id: dataKeyId, key: ring.open(context, wrapped) };
  }

  return {
    async seal(tx, place, secret) {
      return seal(await dataKey(tx), { ...place, tenantId: tx.tenantId }, secret);
    },
    async open(tx, place, box) {
      const key = await dataKey(tx);
      const secret = open(key, { ...place, tenantId: tx.tenantId }, box);
      // Only once a box was opened with it: a key whose insert was rolled back must not be remembered.
      if (!cache.has(tx.tenantId)) setBounded(cache, tx.tenantId, key, cachedKeysMax);
      return secret;
    },
  };
}
