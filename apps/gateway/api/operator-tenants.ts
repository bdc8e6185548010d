import { createHmac, randomUUID } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { v7 as uuidv7 } from 'uuid';
import type { z } from 'zod';
import { makePersonalToken } from '../../../shared/crypto/tokens.ts';
import { isUuid, parseTenantId, type TenantId } from '../../../shared/domain/ids.ts';
import { tenantSlug } from '../../../shared/domain/tenant-slug.ts';
import { recordAudit } from '../../../shared/db/queries/audit-entries.ts';
import { claimEndpoints } from '../../../shared/db/queries/endpoints.ts';
import { insertPersonalToken } from '../../../shared/db/queries/personal-tokens.ts';
import { insertTenant, updateTenant, type Tenant } from '../../../shared/db/queries/tenants.ts';
import { insertUser } from '../../../shared/db/queries/users.ts';
import type { TenantTx } from '../../../shared/db/tenant.ts';
import { TidegateError } from '../../../shared/errors/tidegate-error.ts';
import type {
  createdTenantSchema,
  newTenantSchema,
  tenantChangeSchema,
  tenantSchema,
} from '../../../shared/schemas/access.ts';
import { readIdempotencyKey } from './idempotency.ts';
import { presentUser } from './routes/members.ts';

/** Stands for the operator where rows name a caller: there is no user behind it. */
export const operatorId = '00000000-0000-0000-0000-000000000000';

/** A tenant as the API shows it. */
export const presentTenant = (tenant: Tenant): z.output<typeof tenantSchema> => ({
  id: tenant.id,
  slug: tenant.slug,
  name: tenant.name,
  inboundEnabled: tenant.isInboundEnabled,
  automationEnabled: tenant.isAutomationEnabled,
  endpointOwnership: tenant.endpointOwnership,
  createdAt: tenant.createdAt.toISOString(),
});

/** The tenant id of a path. Throws `not_found` for what cannot be one. */
export function existingId(text: string): TenantId {
  if (!isUuid(text)) throw new TidegateError('not_found');
  return parseTenantId(text);
}

/**
 * The id of a new tenant. With an Idempotency-Key it is made from the key, so that a repeat reaches
 * the tenant of the first request and finds the answer kept there.
 */
export function newTenantId(operatorToken: string, request: FastifyRequest): TenantId {
  const key = readIdempotencyKey(request.headers['idempotency-key']);
  if (key === undefined) return parseTenantId(randomUUID());
  const hex = createHmac('sha256', operatorToken).update(key).digest('hex');
  // The version and variant digits of a custom UUID (RFC 9562, version 8).
  return parseTenantId(
    `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(12, 15)}-8${hex.slice(15, 18)}-${hex.slice(18, 30)}`,
  );
}

/** Makes the tenant of the transaction with its first owner and a token of theirs. */
export async function createTenant(
  tx: TenantTx,
  body: z.output<typeof newTenantSchema>,
): Promise<z.output<typeof createdTenantSchema>> {
  const tenant = await insertTenant(tx, {
    slug: tenantSlug(tx.tenantId),
    name: body.name,
    isInboundEnabled: body.inboundEnabled,
  });
  const owner = await insertUser(tx, {
    id: uuidv7(),
    ...body.owner,
    role: 'owner',
    permissions: null,
  });
  const { token, sha256, prefix } = makePersonalToken();
  await insertPersonalToken(tx, {
    id: uuidv7(),
    userId: owner.id,
    name: 'First token',
    sha256,
    prefix,
    expiresAt: null,
  });
  await auditTenant(tx, 'tenant.created', { name: tenant.name });
  return { data: presentTenant(tenant), owner: presentUser(owner), token };
}

/** Changes what the body names of the tenant of the transaction. Throws `not_found`. */
export async function changeTenant(
  tx: TenantTx,
  body: z.output<typeof tenantChangeSchema>,
): Promise<Tenant> {
  const tenant = await updateTenant(tx, {
    name: body.name,
    isInboundEnabled: body.inboundEnabled,
    isAutomationEnabled: body.automationEnabled,
    endpointOwnership: body.endpointOwnership,
  });
  if (tenant === undefined) throw new TidegateError('not_found');
  // Endpoints from before would be nobody's: they become those of who made them.
  if (body.endpointOwnership === 'user') await claimEndpoints(tx);
  await auditTenant(tx, 'tenant.updated', body);
  return tenant;
}

/** Notes in the tenant's audit log what the operator did. */
export function auditTenant(
  tx: TenantTx,
  action: string,
  details: Readonly<Record<string, unknown>>,
): Promise<void> {
  return recordAudit(tx, {
    actorType: 'operator',
    actorId: null,
    action,
    resourceType: 'tenant',
    resourceId: tx.tenantId,
    details,
  });
}
