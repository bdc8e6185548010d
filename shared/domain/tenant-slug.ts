import type { TenantId } from './ids.ts';

/**
 * The public slug of a tenant: the first six and the last six hexadecimal digits of its id
 * (source D.1). Tenant ids are random UUIDs, so both halves are random; a clash is refused by a
 * unique constraint and the caller draws another id.
 */
export function tenantSlug(tenantId: TenantId): string {
  const hex = tenantId.replaceAll('-', '');
  return hex.slice(0, 6) + hex.slice(-6);
}

/** True for a text that can be a tenant slug at all. */
export function isTenantSlug(text: string): boolean {
  return /^[0-9a-f]{12}$/.test(text);
}
