import { parseTenantId, type TenantId } from '../../domain/ids.ts';
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

/** Stores the tenant of the transaction. A taken slug raises a unique violation. */
export async function insertTenant(tx: TenantTx, tenant: NewTenant): Promise<void> {
  await tx.query({
    text: `
      insert into tenants (id, slug, name, inbound_enabled)
      values ($1::uuid, $2::text, $3::text, $4::boolean)`,
    values: [tx.tenantId, tenant.slug, tenant.name, tenant.isInboundEnabled],
  });
}
