import { applyOnce } from '../../../shared/db/apply-once.ts';
import { deliveryLedger } from '../../../shared/db/queries/inbound-deliveries.ts';
import type { WithTenant } from '../../../shared/db/tenant.ts';
import { parseDeliveryId, parseTenantId } from '../../../shared/domain/ids.ts';
import type { DispatchOutcome } from '../../../shared/domain/outcome.ts';
import type { StartRequest } from './starter.ts';

/**
 * Fails a delivery whose workflow cannot be started, with the reason. One that was dispatched all the
 * same keeps its outcome, which is what is returned.
 */
export type RefuseStart = (request: StartRequest, reason: string) => Promise<DispatchOutcome>;

export function makeRefuseStart(withTenant: WithTenant): RefuseStart {
  return ({ tenantId, deliveryId }, reason) =>
    withTenant(parseTenantId(tenantId), (tx) =>
      applyOnce(tx, deliveryLedger(parseDeliveryId(deliveryId)), () =>
        Promise.resolve({ status: 'failed', code: 'start_refused', message: reason }),
      ),
    );
}
