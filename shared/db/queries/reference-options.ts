import type { ReferenceType } from '../../domain/reference-type.ts';
import type { TenantTx } from '../tenant.ts';

/** An entity as a picker shows it. */
export interface ReferenceOption {
  readonly id: string;
  /** Its name; where several can have one name, with what tells them apart. */
  readonly label: string;
}

/** The most options of one look (S-043). Who wants another one narrows the search. */
export const referenceOptionsMax = 100;

/**
 * What each kind is listed by: `$1` the tenant, `$2` the text that its label must contain, `$3` the
 * rows at most. Kinds of which a tenant may have many are read in the order of an index (migration
 * 0012), so that the first page is there at once; the others are a few rows of the tenant. Work items
 * are searched among the newest of each kind only: a tenant may have a million of them.
 */
const statements: Readonly<Record<ReferenceType, string>> = {
  asset: `
    select a.id, l.label from assets a,
      lateral (select a.name || coalesce(' (' || a.serial_number || ')', '') as label) l
    where a.tenant_id = $1::uuid and strpos(lower(l.label), lower($2::text)) > 0
    order by lower(a.name), a.id limit $3::integer`,
  board: `
    select id, name as label from boards
    where tenant_id = $1::uuid and strpos(lower(name), lower($2::text)) > 0
    order by lower(name), id limit $3::integer`,
  client: `
    select id, name as label from clients
    where tenant_id = $1::uuid and strpos(lower(name), lower($2::text)) > 0
    order by lower(name), id limit $3::integer`,
  client_location: `
    select e.id, l.label from clients p
    join client_locations e on e.tenant_id = p.tenant_id and e.client_id = p.id,
      lateral (select p.name || ' / ' || e.name as label) l
    where p.tenant_id = $1::uuid and strpos(lower(l.label), lower($2::text)) > 0
    order by lower(p.name), p.id, lower(e.name), e.id limit $3::integer`,
  contact: `
    select c.id, l.label from contacts c,
      lateral (select c.full_name || ' <' || c.email || '>' as label) l
    where c.tenant_id = $1::uuid and strpos(lower(l.label), lower($2::text)) > 0
    order by lower(c.full_name), c.id limit $3::integer`,
  project: `
    select e.id, l.label from clients p
    join projects e on e.tenant_id = p.tenant_id and e.client_id = p.id,
      lateral (select p.name || ' / ' || e.name as label) l
    where p.tenant_id = $1::uuid and strpos(lower(l.label), lower($2::text)) > 0
    order by lower(p.name), p.id, lower(e.name), e.id limit $3::integer`,
  project_phase: `
    select e.id, l.label from projects p
    join project_phases e on e.tenant_id = p.tenant_id and e.project_id = p.id,
      lateral (select p.name || ' / ' || e.name as label) l
    where p.tenant_id = $1::uuid and strpos(lower(l.label), lower($2::text)) > 0
    order by lower(p.name), p.id, e.position limit $3::integer`,
  project_status_mapping: `
    select e.id, l.label from projects p
    join project_status_mappings e on e.tenant_id = p.tenant_id and e.project_id = p.id,
      lateral (select p.name || ' / ' || e.name as label) l
    where p.tenant_id = $1::uuid and strpos(lower(l.label), lower($2::text)) > 0
    order by lower(p.name), p.id, e.position limit $3::integer`,
  service: `
    select id, name as label from services
    where tenant_id = $1::uuid and strpos(lower(name), lower($2::text)) > 0
    order by lower(name), id limit $3::integer`,
  team: `
    select id, name as label from teams
    where tenant_id = $1::uuid and strpos(lower(name), lower($2::text)) > 0
    order by lower(name), id limit $3::integer`,
  ticket_category: `
    select id, name as label from ticket_categories
    where tenant_id = $1::uuid and strpos(lower(name), lower($2::text)) > 0
    order by lower(name), id limit $3::integer`,
  ticket_priority: `
    select id, name as label from ticket_priorities
    where tenant_id = $1::uuid and strpos(lower(name), lower($2::text)) > 0
    order by position, id limit $3::integer`,
  ticket_status: `
    select e.id, l.label from boards p
    join ticket_statuses e on e.tenant_id = p.tenant_id and e.board_id = p.id,
      lateral (select p.name || ' / ' || e.name as label) l
    where p.tenant_id = $1::uuid and strpos(lower(l.label), lower($2::text)) > 0
    order by lower(p.name), p.id, e.position limit $3::integer`,
  ticket_subcategory: `
    select e.id, l.label from ticket_categories p
    join ticket_subcategories e on e.tenant_id = p.tenant_id and e.category_id = p.id,
      lateral (select p.name || ' / ' || e.name as label) l
    where p.tenant_id = $1::uuid and strpos(lower(l.label), lower($2::text)) > 0
    order by lower(p.name), p.id, lower(e.name), e.id limit $3::integer`,
  user: `
    select u.id, l.label from users u,
      lateral (select u.name || ' <' || u.email || '>' as label) l
    where u.tenant_id = $1::uuid and u.is_active
      and strpos(lower(l.label), lower($2::text)) > 0
    order by lower(u.name), u.id limit $3::integer`,
  work_item: `
    select id, label from (
      (select 1 as kind, id, 'Ticket ' || number || ': ' || title as label from tickets
        where tenant_id = $1::uuid order by number desc limit 2000)
      union all
      (select 2, id, 'Project task: ' || name from project_tasks
        where tenant_id = $1::uuid order by id desc limit 2000)
      union all
      (select 3, id, 'Interaction: ' || title from interactions
        where tenant_id = $1::uuid order by id desc limit 2000)
      union all
      (select 4, id, 'Non-billable: ' || name from non_billable_categories
        where tenant_id = $1::uuid order by name limit 2000)
    ) items
    where strpos(lower(label), lower($2::text)) > 0
    order by kind, id desc limit $3::integer`,
};

/** The tenant's entities of a kind whose label contains a text, whatever its case, at most 100. */
export async function listReferenceOptions(
  tx: TenantTx,
  type: ReferenceType,
  search: string,
): Promise<ReferenceOption[]> {
  const { rows } = await tx.query<{ id: string; label: string }>({
    text: statements[type],
    values: [tx.tenantId, search, referenceOptionsMax],
  });
  return rows.map(({ id, label }) => ({ id, label }));
}
