import { toWireId, type EndpointId } from '../domain/ids.ts';
import type { TenantTx } from '../db/tenant.ts';
import type { EventTypeName } from '../events/catalogue.ts';
import { publishEvent } from './publish-event.ts';

/** Tells those who asked for it what happened to an endpoint; the endpoint itself does not hear of it. */
export async function publishEndpointEvent(
  tx: TenantTx,
  endpointId: EndpointId,
  type: EventTypeName & `endpoint.${string}`,
  data: Readonly<Record<string, unknown>>,
): Promise<void> {
  const wireId = toWireId('endpoint', endpointId);
  await publishEvent(tx, {
    type,
    objectType: 'endpoint',
    objectId: wireId,
    deliveryId: null,
    data: { endpointId: wireId, ...data },
    aboutEndpointId: endpointId,
  });
}
