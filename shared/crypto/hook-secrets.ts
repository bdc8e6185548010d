import { v7 as uuidv7 } from 'uuid';
import type { HookId } from '../domain/ids.ts';
import { insertHookSecret, type ReceivingHook } from '../db/queries/hooks.ts';
import type { TenantTx } from '../db/tenant.ts';
import type { SecretPlace, TenantVault } from './tenant-vault.ts';

/** Where a hook's secret lives; bound into its seal. */
const placeOf = (rowId: string): SecretPlace => ({
  table: 'hook_secrets',
  column: 'sealed',
  rowId,
});

/** Seals a secret and adds it to those the hook accepts. */
export async function addHookSecret(
  vault: TenantVault,
  tx: TenantTx,
  hookId: HookId,
  secret: string,
): Promise<void> {
  const id = uuidv7();
  const sealed = await vault.seal(tx, placeOf(id), Buffer.from(secret));
  await insertHookSecret(tx, { id, hookId, sealed });
}

/** The live secrets of a hook, opened. Throws when one was moved from another row or its key is gone. */
export async function openHookSecrets(
  vault: TenantVault,
  tx: TenantTx,
  hook: ReceivingHook,
): Promise<Buffer[]> {
  const secrets: Buffer[] = [];
  for (const { id, sealed } of hook.secrets) {
    secrets.push(await vault.open(tx, placeOf(id), sealed));
  }
  return secrets;
}
