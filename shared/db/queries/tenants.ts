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

export interface Tenant extends NewTenant {
  readonly id: TenantId;
  readonly createdAt: Date;
}

interface TenantRow {
  id: string;
  slug: string;
  name: string;
  inbound_enabled: boolean;
  created_at: Date;
}

const toTenant = (row: TenantRow): Tenant => ({
  id: parseTenantId(row.id),
  slug: row.slug,
  name: row.name,
  isInboundEnabled: row.inbound_enabled,
  createdAt: row.created_at,
});

/** Stores the tenant of the transaction. A taken slug raises a unique violation. */
export async function insertTenant(tx: TenantTx, tenant: NewTenant): Promise<Tenant> {
  const { rows } = await tx.query<TenantRow>({
    text: `
      insert into tenants (id, slug, name, inbound_enabled)
      values ($1::uuid, $2::text, $3::text, $4::boolean)
      returning id, slug, name, inbound_enabled, created_at`,
    values: [tx.tenantId, tenant.slug, tenant.name, tenant.isInboundEnabled],
  });
  return toTenant(rows[0] as TenantRow);
}

/** The tenant of the transaction, or undefined when there is none under its id. */
export async function findTenant(tx: TenantTx): Promise<Tenant | undefined> {
  const { rows } = await tx.query<TenantRow>({
    text: `
      select id, slug, name, inbound_enabled, created_at from tenants where id = $1::uuid`,
    values: [tx.tenantId],
  });
  return rows[0] && toTenant(rows[0]);
}

/** Changes the given members of the tenant; undefined when there is none. */
export async function updateTenant(
  tx: TenantTx,
  change: { readonly name?: string | undefined; readonly isInboundEnabled?: boolean | undefined },
): Promise<Tenant | undefined> {
  const { rows } = await tx.query<TenantRow>({
    text: `
      update tenants set
        name = coalesce($2::text, name),
        inbound_enabled = coalesce($3::boolean, inbound_enabled),
        updated_at = clock_timestamp()
      where id = $1::uuid
      returning id, slug, name, inbound_enabled, created_at`,
    values: [tx.tenantId, change.name, change.isInboundEnabled],
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
      select id, slug, name, inbound_enabled, created_at,
        ${positionColumns('created_at')}
      from list_tenants($1::timestamptz, $2::uuid, $3::integer)`,
    values: [after?.at ?? null, after?.id ?? null, limit + 1],
  });
  return rows.map((row) => ({ ...toTenant(row), position: { at: row.position_at, id: row.id } }));
}
