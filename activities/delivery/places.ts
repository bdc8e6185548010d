import type { AttemptEndpoint } from '../../shared/db/queries/endpoint-gates.ts';
import type { LockedDelivery } from '../../shared/db/queries/outbound-deliveries.ts';

/** An endpoint whose last so many attempts all failed is taken to be down. */
const failuresMin = 3;
/**
 * Places of an endpoint that is down: one may hang in a time-out while the other finds that the receiver
 * is back. With all its places, each of its deliveries would cost as much as one that arrives, and more
 * of them would wait in time-outs, to learn the same.
 */
const placesWhileDown = 2;

type Failing = Pick<AttemptEndpoint, 'failuresInARow'>;

/** Whether the endpoint's last attempts all failed. */
export const isDown = ({ failuresInARow }: Failing): boolean => failuresInARow >= failuresMin;

/** How many deliveries of an endpoint may be under way, as it fares (S-059). */
export function placesOf(endpoint: Pick<AttemptEndpoint, 'maxInFlight'> & Failing): number {
  const { maxInFlight } = endpoint;
  return isDown(endpoint) ? Math.min(maxInFlight, placesWhileDown) : maxInFlight;
}

/**
 * The same as one delivery sees it: what somebody asked for by hand takes any place of the endpoint, for
 * people look for themselves whether a receiver is back.
 */
export function placesFor(
  { origin, isAskedFor }: Pick<LockedDelivery, 'origin' | 'isAskedFor'>,
  endpoint: AttemptEndpoint,
): number {
  return isAskedFor || origin === 'test' ? endpoint.maxInFlight : placesOf(endpoint);
}
