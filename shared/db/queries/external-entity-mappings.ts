import type { TenantTx } from '../tenant.ts';

export interface EntityMapping {
  readonly hookSlug: string;
  readonly entityType: string;
  readonly externalId: string;
  readonly entityId: string;
}

/**
 * Ties an external id of a hook to an entity (S-034). Returns false, and changes nothing, when the
 * external id already stands for another entity. Writing the same pair again refreshes it.
 */
export async function tieExternalId(tx: TenantTx, mapping: EntityMapping): Promise<boolean> {
  const { rowCount } = await tx.query({
    name: 'tie_external_id',
    text: `
      insert into external_entity_mappings as m
        (tenant_id, hook_slug, entity_type, external_id, entity_id)
      values ($1::uuid, $2::text, $3::text, $4::text, $5::uuid)
      on conflict (tenant_id, hook_slug, entity_type, external_id) do update
        set last_synced_at = now() where m.entity_id = excluded.entity_id`,
    values: [
      tx.tenantId,
      mapping.hookSlug,
      mapping.entityType,
      mapping.externalId,
      mapping.entityId,
    ],
  });
  return rowCount === 1;
}
