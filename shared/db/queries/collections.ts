import type { Position } from '../../domain/cursor.ts';
import type { TenantTx } from '../tenant.ts';
import {
  equalsOrNull,
  positionOf,
  readResource,
  readResourcePage,
  type PageRow,
  type PageSource,
  type ResourcePage,
} from './resource-page.ts';

/** What a write decides of a collection. */
export interface CollectionValues {
  readonly name: string;
  readonly slug: string;
  readonly description: string | null;
  readonly icon: string | null;
  /** Null for a root. */
  readonly parentId: string | null;
  /** Its place among its siblings, from 1. */
  readonly order: number;
}

export interface Collection extends CollectionValues {
  readonly id: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

interface CollectionRow {
  id: string;
  name: string;
  slug: string;
  description: string | null;
  icon: string | null;
  parent_id: string | null;
  position: number;
  created_at: Date;
  updated_at: Date;
}

const columns = `c.id, c.name, c.slug, c.description, c.icon, c.parent_id, c.position, c.created_at,
  c.updated_at`;

const toCollection = (row: CollectionRow): Collection => ({
  id: row.id,
  name: row.name,
  slug: row.slug,
  description: row.description,
  icon: row.icon,
  parentId: row.parent_id,
  order: row.position,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
});

const source: PageSource = {
  columns,
  from: 'collections c',
  tenantColumn: 'c.tenant_id',
  idColumn: 'c.id',
  sortColumn: 'c.updated_at',
};

/** Collections of the tenant, last changed first; null for the roots. Takes one row more than `limit`. */
export async function listCollections(
  tx: TenantTx,
  page: ResourcePage,
  filter: { readonly parentId: string | null | undefined },
): Promise<(Collection & { readonly position: Position })[]> {
  const rows = await readResourcePage<CollectionRow & PageRow>(
    tx,
    source,
    page,
    equalsOrNull('c.parent_id', 'uuid', filter.parentId),
  );
  return rows.map((row) => ({ ...toCollection(row), position: positionOf(row) }));
}

/** A collection, or undefined. `for update` locks it until the commit. */
export async function findCollection(
  tx: TenantTx,
  id: string,
  lock: 'none' | 'for update' = 'none',
): Promise<Collection | undefined> {
  const row = await readResource<CollectionRow>(tx, source, id, lock);
  return row && toCollection(row);
}

export async function insertCollection(
  tx: TenantTx,
  id: string,
  collection: CollectionValues,
): Promise<Collection> {
  const { rows } = await tx.query<CollectionRow>({
    text: `
      insert into collections as c (tenant_id, id, name, slug, description, icon, parent_id, position,
        created_at, updated_at)
      select $1::uuid, $2::uuid, $3::text, $4::text, $5::text, $6::text, $7::uuid, $8::integer,
        moment, moment
      from clock_timestamp() moment
      returning ${columns}`,
    values: [tx.tenantId, id, ...written(collection)],
  });
  return toCollection(rows[0] as CollectionRow);
}

/** Stores what a collection has become. The caller holds the lock of the table. */
export async function updateCollection(
  tx: TenantTx,
  id: string,
  collection: CollectionValues,
): Promise<Collection> {
  const { rows } = await tx.query<CollectionRow>({
    text: `
      update collections c set name = $3::text, slug = $4::text, description = $5::text,
        icon = $6::text, parent_id = $7::uuid, position = $8::integer,
        updated_at = clock_timestamp()
      where c.tenant_id = $1::uuid and c.id = $2::uuid
      returning ${columns}`,
    values: [tx.tenantId, id, ...written(collection)],
  });
  return toCollection(rows[0] as CollectionRow);
}

/** Deletes a collection. One that holds anything violates a foreign key (S-121). */
export async function deleteCollection(tx: TenantTx, id: string): Promise<void> {
  await tx.query({
    text: `delete from collections c where c.tenant_id = $1::uuid and c.id = $2::uuid`,
    values: [tx.tenantId, id],
  });
}

/**
 * Whether a collection is another one or stands anywhere under it. True until the commit for the holder
 * of the table's lock, without which two moves at once could each make the other's answer wrong.
 */
export async function isCollectionWithin(
  tx: TenantTx,
  id: string,
  outerId: string,
): Promise<boolean> {
  const { rows } = await tx.query<{ is_within: boolean }>({
    text: `
      with recursive path (id, parent_id) as (
        select c.id, c.parent_id from collections c
        where c.tenant_id = $1::uuid and c.id = $2::uuid
        union
        select c.id, c.parent_id from path
        join collections c on c.tenant_id = $1::uuid and c.id = path.parent_id
      )
      select exists (select from path where path.id = $3::uuid) as is_within`,
    values: [tx.tenantId, id, outerId],
  });
  return rows[0]?.is_within === true;
}

const written = (collection: CollectionValues): unknown[] => [
  collection.name,
  collection.slug,
  collection.description,
  collection.icon,
  collection.parentId,
  collection.order,
];
