import type { EndpointId } from '../../domain/ids.ts';
import type { TenantTx } from '../tenant.ts';

/**
 * Disables an endpoint that is not disabled yet; its deliveries are held from then on. `gone` when its
 * receiver said so, `failing` when it has failed for too long. False when there was nothing to disable.
 */
export async function disableEndpoint(
  tx: TenantTx,
  endpointId: EndpointId,
  reason: string,
  cause: 'gone' | 'failing' | 'owner',
): Promise<boolean> {
  const { rowCount } = await tx.query({
    name: 'disable_endpoint',
    text: `
      update endpoints
      set status = 'disabled', disabled_reason = $3::text, disabled_at = clock_timestamp(),
        auto_disabled_at = case when $4::boolean then clock_timestamp() end,
        updated_at = clock_timestamp()
      where tenant_id = $1::uuid and id = $2::uuid and status <> 'disabled'`,
    values: [tx.tenantId, endpointId, reason, cause !== 'owner'],
  });
  return rowCount === 1;
}
