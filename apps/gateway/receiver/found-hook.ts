import { openHookSecrets } from '../../../shared/crypto/hook-secrets.ts';
import type { TenantVault } from '../../../shared/crypto/tenant-vault.ts';
import { findReceivingHook, type ReceivingHook } from '../../../shared/db/queries/hooks.ts';
import type { TenantTx } from '../../../shared/db/tenant.ts';
import type { VerificationKey } from '../../../shared/verification/types.ts';
import { resolveAuth, type ResolvedAuth } from '../../../shared/presets/hook-auth.ts';

/** A hook with what a request to it is judged by. */
export interface FoundHook {
  readonly hook: ReceivingHook;
  /** Undefined when the hook names a preset that this version does not have. */
  readonly auth: ResolvedAuth | undefined;
  readonly keys: readonly VerificationKey[];
}

/** The hook under a slug with its opened keys, or undefined. */
export async function findHookWithKeys(
  vault: TenantVault,
  tx: TenantTx,
  slug: string,
): Promise<FoundHook | undefined> {
  const hook = await findReceivingHook(tx, slug);
  if (hook === undefined) return undefined;
  const keys = await openHookSecrets(vault, tx, hook.secrets);
  return { hook, auth: resolveAuth(hook.auth), keys };
}
