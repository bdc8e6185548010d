import { v7 as uuidv7 } from 'uuid';
import type { TenantTx } from '../tenant.ts';

export const taggedTypes = ['client', 'contact', 'ticket', 'project', 'project_task'] as const;
export type TaggedType = (typeof taggedTypes)[number];

export interface NewTag {
  readonly text: string;
  readonly backgroundColor: string | undefined;
  readonly textColor: string | undefined;
}

/** The id of the tag with a text, whatever its case. One that exists keeps its colours. */
export async function ensureTag(tx: TenantTx, tag: NewTag): Promise<string> {
  await tx.query({
    name: 'insert_tag',
    text: `
      insert into tags (tenant_id, id, text, background_color, text_color)
      values ($1::uuid, $2::uuid, $3::text, $4::text, $5::text)
      on conflict (tenant_id, lower(text)) do nothing`,
    values: [tx.tenantId, uuidv7(), tag.text, tag.backgroundColor, tag.textColor],
  });
  // A statement of its own: it sees the tag that a concurrent transaction has just committed.
  const { rows } = await tx.query<{ id: string }>({
    name: 'find_tag',
    text: `select id from tags where tenant_id = $1::uuid and lower(text) = lower($2::text)`,
    values: [tx.tenantId, tag.text],
  });
  const [row] = rows;
  if (row === undefined) throw new Error('the tag went while it was looked up');
  return row.id;
}

export interface TagLink {
  readonly tagId: string;
  readonly entityType: TaggedType;
  readonly entityId: string;
  readonly createdBy: string | undefined;
}

/** Puts a tag on an entity. False, and nothing written, when it is there already (S-033). */
export async function linkTag(tx: TenantTx, link: TagLink): Promise<boolean> {
  const { rowCount } = await tx.query({
    name: 'link_tag',
    text: `
      insert into tag_links (tenant_id, entity_type, entity_id, tag_id, created_by)
      values ($1::uuid, $2::text, $3::uuid, $4::uuid, $5::uuid)
      on conflict (tenant_id, entity_type, entity_id, tag_id) do nothing`,
    values: [tx.tenantId, link.entityType, link.entityId, link.tagId, link.createdBy],
  });
  return rowCount === 1;
}
