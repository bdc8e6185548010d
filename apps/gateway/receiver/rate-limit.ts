import type { HookId, TenantId } from '../../../shared/domain/ids.ts';
import { setBounded } from '../../../shared/domain/bounded-map.ts';
import { takeTokens, type TokenGrant } from '../../../shared/db/queries/hook-rate-buckets.ts';
import type { WithTenant } from '../../../shared/db/tenant.ts';

/** The part of a hook that its limit needs. */
export interface LimitedHook {
  readonly id: HookId;
  readonly rateLimitPerMinute: number;
}

export type Admission =
  | { readonly isAdmitted: true }
  /** `retryAfterSeconds` is whole and at least 1. */
  | { readonly isAdmitted: false; readonly retryAfterSeconds: number };

/** Admits requests of a hook at its rate, over all replicas (S-107). */
export type AdmitRequest = (tenantId: TenantId, hook: LimitedHook) => Promise<Admission>;

const leasesMax = 10_000;
const leaseSeconds = 1;

interface Lease {
  tokens: number;
  readonly perMinute: number;
  /** The request to the database that is under way, which everyone waits for. */
  refill: Promise<TokenGrant> | undefined;
}

/**
 * Token buckets in Postgres, from which each process takes about one second's worth at a time: a
 * decision usually costs nothing, and together the replicas admit at most one lease each too many.
 */
export function makeAdmitRequest(deps: { readonly withTenant: WithTenant }): AdmitRequest {
  const leases = new Map<string, Lease>();

  function leaseOf(tenantId: TenantId, hook: LimitedHook): Lease {
    const key = `${tenantId} ${hook.id}`;
    const known = leases.get(key);
    if (known !== undefined && known.perMinute === hook.rateLimitPerMinute) return known;
    const lease: Lease = { tokens: 0, perMinute: hook.rateLimitPerMinute, refill: undefined };
    setBounded(leases, key, lease, leasesMax);
    return lease;
  }

  return async (tenantId, hook) => {
    const lease = leaseOf(tenantId, hook);
    for (;;) {
      if (lease.tokens >= 1) {
        lease.tokens -= 1;
        return { isAdmitted: true };
      }
      lease.refill ??= refill(tenantId, hook, lease);
      const { taken, nextTokenMs } = await lease.refill;
      // Others who waited may have spent the lease meanwhile; only an empty bucket ends the loop.
      if (taken === 0) {
        return {
          isAdmitted: false,
          retryAfterSeconds: Math.max(1, Math.ceil(nextTokenMs / 1_000)),
        };
      }
    }
  };

  async function refill(tenantId: TenantId, hook: LimitedHook, lease: Lease): Promise<TokenGrant> {
    const wanted = Math.max(1, Math.floor((hook.rateLimitPerMinute / 60) * leaseSeconds));
    try {
      const grant = await deps.withTenant(tenantId, (tx) =>
        takeTokens(tx, hook.id, hook.rateLimitPerMinute, wanted),
      );
      lease.tokens += grant.taken;
      return grant;
    } finally {
      lease.refill = undefined;
    }
  }
}
