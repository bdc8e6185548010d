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
