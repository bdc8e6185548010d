import { slugNumbersMax } from '../../domain/slug.ts';
import type { TenantTx } from '../tenant.ts';

/** The tables whose rows have a slug within the tenant and a place within their parent. */
export type SluggedTable = 'articles' | 'collections';

/** Table and column names, written here so that no caller gives one. */
const tables = {
  articles: { name: 'articles', parent: 'collection_id' },
  collections: { name: 'collections', parent: 'parent_id' },
} as const;

/**
 * Makes the writes of one tenant to such a table one at a time, until the commit. What they must know of
 * other rows stays true until they are done: the free slug, the highest place, that a collection is not
 * moved into itself by two moves at once. To be taken before any row is locked: whoever holds a row and
 * then waits for this can be waited for by its holder.
 */
export async function lockSluggedTable(tx: TenantTx, table: SluggedTable): Promise<void> {
  await tx.query({
    name: 'lock_slugged_table',
    text: `
      select pg_advisory_xact_lock(hashtextextended('slugs ' || $1::text || ' ' || $2::text, 0))`,
    values: [tx.tenantId, table],
  });
}

/**
 * The first of a slug, and the slug with -1, -2 … behind it, that no other row of the tenant has; or
 * undefined when all are taken (S-119). True until the commit for the holder of the table's lock.
 */
export async function findFreeSlug(
  tx: TenantTx,
  table: SluggedTable,
  wanted: { readonly slug: string; readonly ownId: string },
): Promise<string | undefined> {
  const { rows } = await tx.query<{ slug: string }>({
    name: `find_free_slug_${table}`,
    text: `
      select candidate.slug
      from (
        select 0 as number, $2::text as slug
        union all
        select number, $2::text || '-' || number from generate_series(1, $4::integer) number
      ) candidate
      where not exists (
        select from ${tables[table].name} taken
        where taken.tenant_id = $1::uuid and taken.slug = candidate.slug and taken.id <> $3::uuid)
      order by candidate.number
      limit 1`,
    values: [tx.tenantId, wanted.slug, wanted.ownId, slugNumbersMax],
  });
  return rows[0]?.slug;
}

/**
 * The place behind the last one of a parent; null is the parent of what has none. True until the commit
 * for the holder of the table's lock.
 */
export async function nextPosition(
  tx: TenantTx,
  table: SluggedTable,
  parentId: string | null,
): Promise<number> {
  const { name, parent } = tables[table];
  const { rows } = await tx.query<{ position: number }>({
    text: `
      select coalesce(max(position), 0) + 1 as position from ${name}
      where tenant_id = $1::uuid
        and ${parentId === null ? `${parent} is null and $2::uuid is null` : `${parent} = $2::uuid`}`,
    values: [tx.tenantId, parentId],
  });
  return (rows[0] as { position: number }).position;
}
