import type { HookId } from '../../domain/ids.ts';
import type { TenantTx } from '../tenant.ts';
import type { SealedSecret } from './hooks.ts';

/** Stores a sealed secret of a hook. */
export async function insertHookSecret(
  tx: TenantTx,
  secret: SealedSecret & { readonly hookId: HookId },
): Promise<void> {
  await tx.query({
    text: `
      insert into hook_secrets (tenant_id, hook_id, id, slot, sealed)
      values ($1::uuid, $2::uuid, $3::uuid, $4::text, $5::bytea)`,
    values: [tx.tenantId, secret.hookId, secret.id, secret.slot, secret.sealed],
  });
}

/**
 * Ends the live secrets of a slot after `graceSeconds`, which is above 0. One that would end sooner
 * keeps its end.
 */
export async function expireHookSecrets(
  tx: TenantTx,
  hookId: HookId,
  slot: string,
  graceSeconds: number,
): Promise<void> {
  await tx.query({
    text: `
      update hook_secrets
      set expires_at = least(expires_at, clock_timestamp() + make_interval(secs => $4::integer))
      where tenant_id = $1::uuid and hook_id = $2::uuid and slot = $3::text`,
    values: [tx.tenantId, hookId, slot, graceSeconds],
  });
}

/** Erases the secrets of a slot now. */
export async function deleteHookSecrets(tx: TenantTx, hookId: HookId, slot: string): Promise<void> {
  await tx.query({
    text: `
      delete from hook_secrets
      where tenant_id = $1::uuid and hook_id = $2::uuid and slot = $3::text`,
    values: [tx.tenantId, hookId, slot],
  });
}

/** The live sealed secrets of a hook, newest first. */
export async function listHookSecrets(tx: TenantTx, hookId: HookId): Promise<SealedSecret[]> {
  const { rows } = await tx.query<{ id: string; slot: string; sealed: Buffer }>({
    text: `
      select id, slot, sealed from hook_secrets
      where tenant_id = $1::uuid and hook_id = $2::uuid
        and (expires_at is null or expires_at > clock_timestamp())
      order by created_at desc`,
    values: [tx.tenantId, hookId],
  });
  return rows;
}

/** Erases the secrets of slots that the hook's verifier no longer names. */
export async function deleteOtherSlots(
  tx: TenantTx,
  hookId: HookId,
  slots: readonly string[],
): Promise<void> {
  await tx.query({
    text: `
      delete from hook_secrets
      where tenant_id = $1::uuid and hook_id = $2::uuid and slot <> all($3::text[])`,
    values: [tx.tenantId, hookId, slots],
  });
}
