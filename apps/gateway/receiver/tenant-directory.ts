import { setBounded } from '../../../shared/domain/bounded-map.ts';
import { makeSharedCalls } from '../../../shared/domain/shared-calls.ts';
import { isTenantSlug } from '../../../shared/domain/tenant-slug.ts';
import type { ResolvedTenant } from '../../../shared/db/queries/tenants.ts';

/** Resolves tenant slugs, remembering hits and misses (S-003). */
export interface TenantDirectory {
  resolve(slug: string): Promise<ResolvedTenant | undefined>;
}

const entriesMax = 1_000;
const ageMaxMs = 60_000;

interface Entry {
  readonly tenant: ResolvedTenant | undefined;
  readonly staleAtMs: number;
}

/**
 * Keeps each answer for 60 s, at most 1,000 of them, the oldest evicted first. `nowMs` is a monotonic
 * clock in milliseconds. Texts that cannot be a slug are unknown without a look-up. Who asks while a look-up
 * is under way shares its answer.
 */
export function makeTenantDirectory(deps: {
  readonly lookUp: (slug: string) => Promise<ResolvedTenant | undefined>;
  readonly nowMs: () => number;
}): TenantDirectory {
  const entries = new Map<string, Entry>();
  const lookUps = makeSharedCalls<ResolvedTenant | undefined>();

  async function lookUp(slug: string): Promise<ResolvedTenant | undefined> {
    const tenant = await deps.lookUp(slug);
    setBounded(entries, slug, { tenant, staleAtMs: deps.nowMs() + ageMaxMs }, entriesMax);
    return tenant;
  }

  return {
    async resolve(slug) {
      if (!isTenantSlug(slug)) return undefined;
      const known = entries.get(slug);
      if (known !== undefined && known.staleAtMs > deps.nowMs()) return known.tenant;
      return lookUps.join(slug, () => lookUp(slug)).answer;
    },
  };
}
