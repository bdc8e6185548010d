import type { TenantVault } from '../../../shared/crypto/tenant-vault.ts';
import type { WithTenant } from '../../../shared/db/tenant.ts';
import { setBounded } from '../../../shared/domain/bounded-map.ts';
import type { TenantId } from '../../../shared/domain/ids.ts';
import { findHookWithKeys, type FoundHook } from './found-hook.ts';

/** Finds hooks with their opened keys, and remembers the ones that are in use for a moment. */
export interface HookDirectory {
  /** The hook as it was up to 5 s ago, or undefined. Good only for what checks its version. */
  recall(tenantId: TenantId, slug: string): FoundHook | undefined;
  /** The hook as it is now, or undefined when there is none. */
  load(tenantId: TenantId, slug: string): Promise<FoundHook | undefined>;
}

/**
 * How long opened keys stay in memory after their look-up, in use or not. Long enough that a burst
 * does not read and open them for each request; the data key that opens them is held far longer.
 */
const ageMaxMs = 5_000;
const hooksMax = 1_000;

export function makeHookDirectory(deps: {
  readonly withTenant: WithTenant;
  readonly vault: TenantVault;
}): HookDirectory {
  const remembered = new Map<string, FoundHook>();
  const nameOf = (tenantId: TenantId, slug: string): string => `${tenantId} ${slug}`;

  return {
    recall: (tenantId, slug) => remembered.get(nameOf(tenantId, slug)),
    async load(tenantId, slug) {
      const name = nameOf(tenantId, slug);
      remembered.delete(name);
      const found = await deps.withTenant(tenantId, (tx) => findHookWithKeys(deps.vault, tx, slug));
      if (found !== undefined && isRememberable(found)) {
        setBounded(remembered, name, found, hooksMax);
        const forget = (): void => {
          if (remembered.get(name) === found) remembered.delete(name);
        };
        setTimeout(forget, ageMaxMs).unref();
      }
      return found;
    },
  };
}

/** A sample and a handshake need more of the hook than a look at its version proves. */
function isRememberable({ hook, auth }: FoundHook): boolean {
  return hook.isActive && !hook.isCapturing && auth !== undefined && !auth.preset?.handshake;
}
