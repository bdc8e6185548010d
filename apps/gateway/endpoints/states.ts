import { failOpenDeliveries } from '../../../shared/db/queries/endpoint-backlog.ts';
import { lockGateOnly } from '../../../shared/db/queries/endpoint-gates.ts';
import { disableEndpoint } from '../../../shared/db/queries/endpoint-health.ts';
import {
  deleteEndpoint,
  setEndpointStatus,
  type Endpoint,
} from '../../../shared/db/queries/endpoints.ts';
import { releaseHeld } from '../../../shared/db/queries/outbound-deliveries.ts';
import type { AnnouncedDelivery, TenantTx } from '../../../shared/db/tenant.ts';
import type { EndpointId } from '../../../shared/domain/ids.ts';
import { TidegateError } from '../../../shared/errors/tidegate-error.ts';
import { publishEndpointEvent } from '../../../shared/outbound/endpoint-event.ts';

/** How long after an automatic disable an endpoint stays so, in milliseconds (S-078). */
const coolingMs = 300_000;

/** Lets nothing more go out until it is resumed. Throws `endpoint_disabled`. */
export async function pauseEndpoint(tx: TenantTx, endpoint: Endpoint): Promise<void> {
  if (endpoint.status === 'disabled') throw new TidegateError('endpoint_disabled');
  if (endpoint.status === 'active') await setEndpointStatus(tx, endpoint.id, 'paused');
}

/** Lets what a paused endpoint holds go on. Throws `endpoint_disabled`. */
export async function resumeEndpoint(tx: TenantTx, endpoint: Endpoint): Promise<void> {
  if (endpoint.status === 'disabled') throw new TidegateError('endpoint_disabled');
  if (endpoint.status !== 'paused') return;
  await setEndpointStatus(tx, endpoint.id, 'active');
  await releaseHeld(tx, endpoint.id);
}

/** Disables an endpoint for its owner; what is due is held. */
export async function disableByOwner(
  tx: TenantTx,
  { id }: Endpoint,
  reason: string,
): Promise<void> {
  if (!(await disableEndpoint(tx, id, reason, 'owner'))) return;
  const disabledAt = new Date().toISOString();
  await publishEndpointEvent(tx, id, 'endpoint.disabled', { reason: 'manual', disabledAt });
}

/**
 * Lets a disabled endpoint take deliveries again, first those that it holds. Throws `cooling_down`
 * within five minutes of an automatic disable (S-078).
 */
export async function enableEndpoint(tx: TenantTx, endpoint: Endpoint): Promise<void> {
  if (endpoint.status !== 'disabled') return;
  const { id, autoDisabledAt } = endpoint;
  const leftMs = autoDisabledAt === null ? 0 : autoDisabledAt.getTime() + coolingMs - Date.now();
  if (leftMs > 0) {
    throw new TidegateError('cooling_down', undefined, {
      retryAfterSeconds: Math.ceil(leftMs / 1_000),
    });
  }
  await setEndpointStatus(tx, id, 'active');
  await releaseHeld(tx, id);
  await publishEndpointEvent(tx, id, 'endpoint.enabled', { enabledAt: new Date().toISOString() });
}

/**
 * Removes an endpoint with its secrets; what was still to be sent ends as failed (S-091). Returns the
 * deliveries whose workflows are to be woken. Deliveries are locked first, then the gate, then the
 * endpoint, as whoever makes an attempt does.
 */
export async function removeEndpoint(
  tx: TenantTx,
  id: EndpointId,
): Promise<readonly AnnouncedDelivery[]> {
  const ended = await failOpenDeliveries(tx, id, 'endpoint_deleted', 'The endpoint was deleted.');
  lockGateOnly(tx, id);
  if (!(await deleteEndpoint(tx, id))) throw new TidegateError('not_found');
  return ended;
}
