import type { TenantTx } from '../tenant.ts';

/** A type of event of a tenant's own (S-101). */
export interface TenantEventType {
  readonly name: string;
  readonly description: string;
  /** JSON Schema that the data of its events must fit. */
  readonly schema: Readonly<Record<string, unknown>>;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** How many types a tenant may have. */
export const tenantEventTypesMax = 200;

interface TenantEventTypeRow {
  name: string;
  description: string;
  data_schema: Record<string, unknown>;
  created_at: Date;
  updated_at: Date;
}

const columns = 'name, description, data_schema, created_at, updated_at';

const toType = (row: TenantEventTypeRow): TenantEventType => ({
  name: row.name,
  description: row.description,
  schema: row.data_schema,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
});

/** The tenant's own types, by name. */
export async function listTenantEventTypes(tx: TenantTx): Promise<TenantEventType[]> {
  const { rows } = await tx.query<TenantEventTypeRow>({
    name: 'list_tenant_event_types',
    text: `
      select ${columns} from tenant_event_types
      where tenant_id = $1::uuid order by name limit $2::integer`,
    values: [tx.tenantId, tenantEventTypesMax],
  });
  return rows.map(toType);
}

/** The names of the tenant's own types, for whoever checks what an endpoint subscribes to. */
export async function listTenantEventTypeNames(tx: TenantTx): Promise<string[]> {
  const { rows } = await tx.query<{ name: string }>({
    name: 'list_tenant_event_type_names',
    text: `
      select name from tenant_event_types
      where tenant_id = $1::uuid order by name limit $2::integer`,
    values: [tx.tenantId, tenantEventTypesMax],
  });
  return rows.map(({ name }) => name);
}

export async function findTenantEventType(
  tx: TenantTx,
  name: string,
): Promise<TenantEventType | undefined> {
  const { rows } = await tx.query<TenantEventTypeRow>({
    name: 'find_tenant_event_type',
    text: `
      select ${columns} from tenant_event_types
      where tenant_id = $1::uuid and name = $2::text`,
    values: [tx.tenantId, name],
  });
  return rows[0] && toType(rows[0]);
}

/**
 * How many types the tenant has. Keeps every other registration of the tenant waiting until this
 * transaction ends, so that the count still holds when a row is written.
 */
export async function countTenantEventTypesLocked(tx: TenantTx): Promise<number> {
  await tx.query({
    text: 'select from tenants where id = $1::uuid for no key update',
    values: [tx.tenantId],
  });
  const { rows } = await tx.query<{ n: number }>({
    text: 'select count(*)::integer as n from tenant_event_types where tenant_id = $1::uuid',
    values: [tx.tenantId],
  });
  return rows[0]?.n ?? 0;
}

/** What is registered, and by whom. */
export interface TenantEventTypeEntry {
  readonly name: string;
  readonly description: string;
  readonly schema: object;
  readonly createdBy: string;
}

/** Registers a type. Undefined when the tenant has one of that name. */
export async function insertTenantEventType(
  tx: TenantTx,
  entry: TenantEventTypeEntry,
): Promise<TenantEventType | undefined> {
  const { rows } = await tx.query<TenantEventTypeRow>({
    text: `
      insert into tenant_event_types (tenant_id, name, description, data_schema, created_by)
      values ($1::uuid, $2::text, $3::text, $4::jsonb, $5::uuid)
      on conflict (tenant_id, name) do nothing
      returning ${columns}`,
    values: [
      tx.tenantId,
      entry.name,
      entry.description,
      JSON.stringify(entry.schema),
      entry.createdBy,
    ],
  });
  return rows[0] && toType(rows[0]);
}

/** Replaces schema and description of a type. Undefined when the tenant has none of that name. */
export async function replaceTenantEventType(
  tx: TenantTx,
  entry: Omit<TenantEventTypeEntry, 'createdBy'>,
): Promise<TenantEventType | undefined> {
  const { rows } = await tx.query<TenantEventTypeRow>({
    text: `
      update tenant_event_types
      set description = $3::text, data_schema = $4::jsonb, updated_at = clock_timestamp()
      where tenant_id = $1::uuid and name = $2::text
      returning ${columns}`,
    values: [tx.tenantId, entry.name, entry.description, JSON.stringify(entry.schema)],
  });
  return rows[0] && toType(rows[0]);
}

/** Removes a type; events of it stay. False when there is none. */
export async function deleteTenantEventType(tx: TenantTx, name: string): Promise<boolean> {
  const { rowCount } = await tx.query({
    text: 'delete from tenant_event_types where tenant_id = $1::uuid and name = $2::text',
    values: [tx.tenantId, name],
  });
  return rowCount === 1;
}
