import type { Position } from '../../domain/cursor.ts';
import { parseTenantId, type TenantId } from '../../domain/ids.ts';
import { positionColumns, type KeysetPage } from '../keyset.ts';
import type { Pool } from '../pool.ts';
import type { TenantTx } from '../tenant.ts';

/** What the receiver knows of a tenant before it touches any of its rows. */
export interface ResolvedTenant {
  readonly id: TenantId;
  readonly isInboundEnabled: boolean;
}

/** The tenant behind a public slug, or undefined. Goes through the one function that may look. */
export async function resolveTenant(pool: Pool, slug: string): Promise<ResolvedTenant | undefined> {
  const { rows } = await pool.query<{ id: string; inbound_enabled: boolean }>({
    name: 'resolve_tenant',
    text: 'select id, inbound_enabled from resolve_tenant($1::text)',
    values: [slug],
  });
  const [row] = rows;
  return row && { id: parseTenantId(row.id), isInboundEnabled: row.inbound_enabled };
}

export interface NewTenant {
  readonly slug: string;
  readonly name: string;
  readonly isInboundEnabled: boolean;
}

/** Who sees and changes endpoints: everyone of the tenant who may, or each user their own. */
export type EndpointOwnership = 'tenant' | 'user';

export interface Tenant extends NewTenant {
  readonly id: TenantId;
  /** While false no events are stored and automation keys are refused (S-139). */
  readonly isAutomationEnabled: boolean;
  readonly endpointOwnership: EndpointOwnership;
  readonly createdAt: Date;
}

interface TenantRow {
  id: string;
  slug: string;
  name: string;
  inbound_enabled: boolean;
  automation_enabled: boolean;
  endpoint_ownership: EndpointOwnership;
  created_at: Date;
}

const columns =
  'id, slug, name, inbound_enabled, automation_enabled, endpoint_ownership, created_at';

const toTenant = (row: TenantRow): Tenant => ({
  id: parseTenantId(row.id),
  slug: row.slug,
  name: row.name,
  isInboundEnabled: row.inbound_enabled,
  isAutomationEnabled: row.automation_enabled,
  endpointOwnership: row.endpoint_ownership,
  createdAt: row.created_at,
});

/** Stores the tenant of the transaction. A taken slug raises a unique violation. */
export async function insertTenant(tx: TenantTx, tenant: NewTenant): Promise<Tenant> {
  const { rows } = await tx.query<TenantRow>({
    text: `
      insert into tenants (id, slug, name, inbound_enabled)
      values ($1::uuid, $2::text, $3::text, $4::boolean)
      returning ${columns}`,
    values: [tx.tenantId, tenant.slug, tenant.name, tenant.isInboundEnabled],
  });
  return toTenant(rows[0] as TenantRow);
}

/** The tenant of the transaction, or undefined when there is none under its id. */
export async function findTenant(tx: TenantTx): Promise<Tenant | undefined> {
  const { rows } = await tx.query<TenantRow>({
    text: `select ${columns} from tenants where id = $1::uuid`,
    values: [tx.tenantId],
  });
  return rows[0] && toTenant(rows[0]);
}

/** Changes the given members of the tenant; undefined when there is none. */
export async function updateTenant(
  tx: TenantTx,
  change: {
    readonly name?: string | undefined;
    readonly isInboundEnabled?: boolean | undefined;
    readonly isAutomationEnabled?: boolean | undefined;
    readonly endpointOwnership?: EndpointOwnership | undefined;
  },
): Promise<Tenant | undefined> {
  const { rows } = await tx.query<TenantRow>({
    text: `
      update tenants set
        name = coalesce($2::text, name),
        inbound_enabled = coalesce($3::boolean, inbound_enabled),
        automation_enabled = coalesce($4::boolean, automation_enabled),
        endpoint_ownership = coalesce($5::text, endpoint_ownership),
        updated_at = clock_timestamp()
      where id = $1::uuid
      returning ${columns}`,
    values: [
      tx.tenantId,
      change.name,
      change.isInboundEnabled,
      change.isAutomationEnabled,
      change.endpointOwnership,
    ],
  });
  return rows[0] && toTenant(rows[0]);
}

/** The tenants of the installation, newest first, through the one function that may (migration 0004). */
export async function listTenants(
  pool: Pool,
  { after, limit }: KeysetPage,
): Promise<(Tenant & { readonly position: Position })[]> {
  const { rows } = await pool.query<TenantRow & { position_at: string }>({
    text: `
      select ${columns},
        ${positionColumns('created_at')}
      from list_tenants($1::timestamptz, $2::uuid, $3::integer)`,
    values: [after?.at ?? null, after?.id ?? null, limit + 1],
  });
  return rows.map((row) => ({ ...toTenant(row), position: { at: row.position_at, id: row.id } }));
}
