import type { EndpointId } from '../../domain/ids.ts';
import type { TenantTx } from '../tenant.ts';
import type { SealedEndpointSecret } from './endpoint-gates.ts';

export interface NewEndpointSecret extends SealedEndpointSecret {
  readonly publicKey: string | null;
}

/** Stores the current secret of its kind; the one before must have been given an end. */
export async function insertEndpointSecret(
  tx: TenantTx,
  endpointId: EndpointId,
  secret: NewEndpointSecret,
): Promise<void> {
  await tx.query({
    text: `
      insert into endpoint_secrets (tenant_id, endpoint_id, id, kind, sealed, prefix, public_key)
      values ($1::uuid, $2::uuid, $3::uuid, $4::text, $5::bytea, $6::text, $7::text)`,
    values: [
      tx.tenantId,
      endpointId,
      secret.id,
      secret.kind,
      secret.sealed,
      secret.prefix,
      secret.publicKey,
    ],
  });
}

/** The kinds of which an endpoint has a current secret. */
export async function listSecretKinds(
  tx: TenantTx,
  endpointId: EndpointId,
): Promise<SealedEndpointSecret['kind'][]> {
  const { rows } = await tx.query<{ kind: SealedEndpointSecret['kind'] }>({
    text: `
      select kind from endpoint_secrets
      where tenant_id = $1::uuid and endpoint_id = $2::uuid and expires_at is null`,
    values: [tx.tenantId, endpointId],
  });
  return rows.map(({ kind }) => kind);
}
