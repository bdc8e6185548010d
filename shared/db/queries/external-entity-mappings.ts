import type { TenantTx } from '../tenant.ts';

/** What an external id belongs to: ids resolve for each hook and entity type on their own (S-034). */
export interface ExternalKey {
  readonly hookSlug: string;
  readonly entityType: string;
  readonly externalId: string;
}

/** The entity that an external id stands for, or undefined. The primary key lets there be one. */
export async function findExternalEntity(
  tx: TenantTx,
  key: ExternalKey,
): Promise<string | undefined> {
  const { rows } = await tx.query<{ entity_id: string }>({
    name: 'find_external_entity',
    text: `
      select entity_id from external_entity_mappings
      where tenant_id = $1::uuid and hook_slug = $2::text and entity_type = $3::text
        and external_id = $4::text`,
    values: [tx.tenantId, key.hookSlug, key.entityType, key.externalId],
  });
  return rows[0]?.entity_id;
}

/**
 * Ties an external id to an entity unless it stands for one already, and returns the id of the
 * entity it stands for now (S-034). Of concurrent callers with one external id the first to commit
 * decides; the others wait for it here, and get its entity. Tied first and created after, an entity
 * therefore exists once. Raises a unique violation when the hook knows the entity under another id.
 */
export async function claimExternalId(
  tx: TenantTx,
  key: ExternalKey,
  entityId: string,
): Promise<string> {
  const { rows } = await tx.query<{ entity_id: string }>({
    name: 'claim_external_id',
    text: `
      insert into external_entity_mappings
        (tenant_id, hook_slug, entity_type, external_id, entity_id)
      values ($1::uuid, $2::text, $3::text, $4::text, $5::uuid)
      on conflict (tenant_id, hook_slug, entity_type, external_id)
        do update set last_synced_at = now()
      returning entity_id`,
    values: [tx.tenantId, key.hookSlug, key.entityType, key.externalId, entityId],
  });
  const [row] = rows;
  if (row === undefined) throw new Error('claim_external_id returned no row');
  return row.entity_id;
}
