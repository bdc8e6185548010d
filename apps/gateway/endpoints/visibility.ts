import { nobody } from '../../../shared/db/endpoint-owner.ts';
import {
  findEndpoint,
  readEndpointOwnership,
  type Endpoint,
} from '../../../shared/db/queries/endpoints.ts';
import {
  findOutboundDelivery,
  type StoredOutboundDelivery,
} from '../../../shared/db/queries/outbound-delivery-log.ts';
import {
  fromWireId,
  parseEndpointId,
  parseOutboundDeliveryId,
  type EndpointId,
  type OutboundDeliveryId,
} from '../../../shared/domain/ids.ts';
import { TidegateError } from '../../../shared/errors/tidegate-error.ts';
import { userIdOf, type Caller } from '../api/caller.ts';
import type { ApiContext } from '../api/route.ts';

export type EndpointContext = Pick<ApiContext<unknown, unknown, unknown, Caller>, 'tx' | 'caller'>;

/**
 * Whose endpoints a caller sees: null where they are the tenant's, and everybody sees all. Where they
 * belong to users, a user sees their own; an automation credential is nobody's, and sees those that
 * belong to no user. It could otherwise show an administrator what users keep from each other.
 */
export async function ownerOf({ tx, caller }: EndpointContext): Promise<string | null> {
  return (await readEndpointOwnership(tx)) === 'user' ? (userIdOf(caller) ?? nobody) : null;
}

/** The endpoint under a wire id. Throws `not_found`, also for one that is another user's. */
export async function requireEndpoint(
  context: EndpointContext,
  wireId: string,
  lock: 'none' | 'for update' = 'none',
): Promise<Endpoint> {
  const id = endpointIdOf(wireId);
  const ownerUserId = await ownerOf(context);
  const endpoint = id === undefined ? undefined : await findEndpoint(context.tx, id, lock);
  if (endpoint === undefined || !isVisible(endpoint, ownerUserId)) {
    throw new TidegateError('not_found');
  }
  return endpoint;
}

/** Whether an endpoint belongs to who looks, as `ownerOf` says. */
export function isVisible(
  endpoint: Pick<Endpoint, 'ownerUserId'>,
  ownerUserId: string | null,
): boolean {
  return ownerUserId === null || (endpoint.ownerUserId ?? nobody) === ownerUserId;
}

/** The delivery under a wire id. Throws `not_found`, also for one that is another user's (S-048). */
export async function requireOutboundDelivery(
  context: EndpointContext,
  wireId: string,
): Promise<StoredOutboundDelivery> {
  const id = outboundDeliveryIdOf(wireId);
  const delivery =
    id === undefined
      ? undefined
      : await findOutboundDelivery(context.tx, id, await ownerOf(context));
  if (delivery === undefined) throw new TidegateError('not_found');
  return delivery;
}

export function endpointIdOf(wireId: string): EndpointId | undefined {
  const uuid = fromWireId('endpoint', wireId);
  return uuid === undefined ? undefined : parseEndpointId(uuid);
}

export function outboundDeliveryIdOf(wireId: string): OutboundDeliveryId | undefined {
  const uuid = fromWireId('outboundDelivery', wireId);
  return uuid === undefined ? undefined : parseOutboundDeliveryId(uuid);
}
