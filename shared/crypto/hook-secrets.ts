import { v7 as uuidv7 } from 'uuid';
import type { HookId } from '../domain/ids.ts';
import { insertHookSecret } from '../db/queries/hook-secrets.ts';
import type { SealedSecret } from '../db/queries/hooks.ts';
import type { TenantTx } from '../db/tenant.ts';
import type { VerificationKey } from '../verification/types.ts';
import type { SecretPlace, TenantVault } from './tenant-vault.ts';

/** Where a hook's secret lives; bound into its seal. */
const placeOf = (rowId: string): SecretPlace => ({
  table: 'hook_secrets',
  column: 'sealed',
  rowId,
});

/** Seals a secret or public key and adds it to those the hook accepts in a slot. */
export async function addHookSecret(
  vault: TenantVault,
  tx: TenantTx,
  hookId: HookId,
  slot: string,
  secret: string,
): Promise<void> {
  const id = uuidv7();
  const sealed = await vault.seal(tx, placeOf(id), Buffer.from(secret));
  await insertHookSecret(tx, { id, hookId, slot, sealed });
}

/** Opens secrets of a hook. Throws when one was moved from another row or its key is gone. */
export async function openHookSecrets(
  vault: TenantVault,
  tx: TenantTx,
  secrets: readonly SealedSecret[],
): Promise<VerificationKey[]> {
  const keys: VerificationKey[] = [];
  for (const { id, slot, sealed } of secrets) {
    keys.push({ id, slot, material: await vault.open(tx, placeOf(id), sealed) });
  }
  return keys;
}
