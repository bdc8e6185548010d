import { addHookSecret } from '../../../shared/crypto/hook-secrets.ts';
import type { TenantVault } from '../../../shared/crypto/tenant-vault.ts';
import { listHookSecrets } from '../../../shared/db/queries/hook-secrets.ts';
import { findHook } from '../../../shared/db/queries/hooks.ts';
import type { WithTenant } from '../../../shared/db/tenant.ts';
import type { HookId, TenantId } from '../../../shared/domain/ids.ts';
import { parseJsonBody } from '../../../shared/domain/json-body.ts';
import { answerHandshake } from '../../../shared/verification/handshake.ts';
import type { VerifiableRequest, Verification } from '../../../shared/verification/types.ts';
import type { Answer } from './answer.ts';
import type { FoundHook } from './found-hook.ts';

/**
 * The answer to a sender's handshake, or undefined when the request is none. Nothing is dispatched by
 * one; at most the key that a sender chose is stored, for a hook that has none.
 */
export type AnswerHookHandshake = (
  tenantId: TenantId,
  found: FoundHook,
  request: VerifiableRequest,
  verification: Verification | undefined,
) => Promise<Answer | undefined>;

export function makeAnswerHookHandshake(deps: {
  readonly withTenant: WithTenant;
  readonly vault: TenantVault;
}): AnswerHookHandshake {
  return async (tenantId, { hook, auth, keys }, request, verification) => {
    const handshake = auth?.preset?.handshake;
    if (!handshake || !hook.isActive) return undefined;
    const body = parseJsonBody(request.body);
    const parsedBody = body.ok ? body.value : undefined;
    const answer = answerHandshake({ handshake, request, keys, verification, parsedBody });
    if (answer?.storeKey !== undefined) {
      const isStored = await storeFirstKey(deps, tenantId, hook.id, answer.storeKey);
      if (!isStored) return undefined;
    }
    return answer && { status: answer.status, headers: answer.headers, body: answer.body };
  };
}

/** Stores a key unless the slot has one: of two handshakes at once only the first sets it. */
function storeFirstKey(
  { withTenant, vault }: { readonly withTenant: WithTenant; readonly vault: TenantVault },
  tenantId: TenantId,
  hookId: HookId,
  { slot, material }: { readonly slot: string; readonly material: string },
): Promise<boolean> {
  return withTenant(tenantId, async (tx) => {
    const hook = await findHook(tx, hookId, 'for update');
    const live = await listHookSecrets(tx, hookId);
    if (hook === undefined || live.some((secret) => secret.slot === slot)) return false;
    await addHookSecret(vault, tx, hookId, slot, material);
    return true;
  });
}
