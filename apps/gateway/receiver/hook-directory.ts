import type { TenantVault } from '../../../shared/crypto/tenant-vault.ts';
import type { WithTenant } from '../../../shared/db/tenant.ts';
import { setBounded } from '../../../shared/domain/bounded-map.ts';
import type { TenantId } from '../../../shared/domain/ids.ts';
import { makeSharedCalls } from '../../../shared/domain/shared-calls.ts';
import { findHookWithKeys, type FoundHook } from './found-hook.ts';

export interface Recalled {
  /** Undefined when there is none, or none that may be remembered. */
  readonly found: FoundHook | undefined;
  /** False for one that was read before it was asked for, up to 5 s ago: good for what checks its version. */
  readonly isCurrent: boolean;
}

/** Finds hooks with their opened keys, and remembers the ones that are in use for a moment. */
export interface HookDirectory {
  /** The hook as it is remembered or as somebody is reading it already, or else as it is now. */
  recall(tenantId: TenantId, slug: string): Promise<Recalled>;
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
  /** What comes meanwhile in a burst must not make a look-up each. */
  const lookUps = makeSharedCalls<FoundHook | undefined>();
  const nameOf = (tenantId: TenantId, slug: string): string => `${tenantId} ${slug}`;

  function remember(name: string, found: FoundHook): void {
    setBounded(remembered, name, found, hooksMax);
    const forget = (): void => {
      if (remembered.get(name) === found) remembered.delete(name);
    };
    setTimeout(forget, ageMaxMs).unref();
  }

  async function read(tenantId: TenantId, slug: string): Promise<FoundHook | undefined> {
    const name = nameOf(tenantId, slug);
    remembered.delete(name);
    const found = await deps.withTenant(tenantId, (tx) => findHookWithKeys(deps.vault, tx, slug));
    if (found !== undefined && isRememberable(found)) remember(name, found);
    return found;
  }

  return {
    async recall(tenantId, slug) {
      const name = nameOf(tenantId, slug);
      const known = remembered.get(name);
      if (known !== undefined) return { found: known, isCurrent: false };
      const { answer, isShared } = lookUps.join(name, () => read(tenantId, slug));
      if (!isShared) return { found: await answer, isCurrent: true };
      // Who waits for one that fails asks for itself.
      const found = await answer.catch(() => undefined);
      const isUsable = found !== undefined && isRememberable(found);
      return { found: isUsable ? found : undefined, isCurrent: false };
    },
    load: read,
  };
}

/** A sample and a handshake need more of the hook than a look at its version proves. */
function isRememberable({ hook, auth }: FoundHook): boolean {
  return hook.isActive && !hook.isCapturing && auth !== undefined && !auth.preset?.handshake;
}
