import type { Pool } from '../db/pool.ts';
import {
  countDataKeys,
  findDataKey,
  replaceDataKey,
  tenantsNotWrappedWith,
} from '../db/queries/tenant-data-keys.ts';
import type { WithTenant } from '../db/tenant.ts';
import type { KeyRing } from './key-ring.ts';
import { dataKeyPlace } from './tenant-vault.ts';

const batchMax = 500;

/**
 * Refuses a key ring that lacks a master key which tenants' data keys are wrapped with: their secrets
 * could not be opened, and the fault would show only when a sender is turned away. Throws an Error
 * that names the missing ids.
 */
export async function assertMasterKeys(pool: Pool, ring: KeyRing): Promise<void> {
  const missing = [...(await countDataKeys(pool))].filter(([id]) => !ring.ids.includes(id));
  if (missing.length === 0) return;
  const named = missing.map(([id, tenants]) => `${JSON.stringify(id)} (${tenants} tenants)`);
  throw new Error(
    `TIDEGATE_MASTER_KEYS lacks ${named.join(', ')}: put the key back, run the bootstrap job, and drop it once the job counts no tenant under it`,
  );
}

export interface Rewrapped {
  /** Data keys that were wrapped anew. */
  readonly rewrapped: number;
  /** Tenants by master key id, afterwards. A key that is not among them may be dropped. */
  readonly tenantsByKey: Readonly<Record<string, number>>;
}

/**
 * Wraps every data key with the first master key of the ring. Secrets stay as they are: they are
 * sealed with the data keys. Safe to repeat and to run beside a running installation whose processes
 * all know the first key.
 */
export async function rewrapDataKeys(
  pool: Pool,
  withTenant: WithTenant,
  ring: KeyRing,
): Promise<Rewrapped> {
  let rewrapped = 0;
  for (;;) {
    const tenants = await tenantsNotWrappedWith(pool, ring.primaryId, batchMax);
    for (const tenantId of tenants) {
      await withTenant(tenantId, async (tx) => {
        const before = await findDataKey(tx);
        if (before === undefined) return;
        const place = dataKeyPlace(tenantId);
        const after = ring.seal(place, ring.open(place, before));
        await replaceDataKey(tx, before, after, ring.primaryId);
      });
    }
    rewrapped += tenants.length;
    if (tenants.length < batchMax) break;
  }
  return { rewrapped, tenantsByKey: Object.fromEntries(await countDataKeys(pool)) };
}
