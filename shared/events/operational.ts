import { isOperationalType } from '../domain/events.ts';
import { familyOf } from './catalogue.ts';

interface Deliverable {
  readonly type: string;
  readonly resourceId: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/**
 * Whether an endpoint may get the event at all, whatever its filter. Nothing operational about an
 * endpoint goes to that endpoint, and a test goes to the endpoint that is tested and to no other
 * (S-092). `endpointId` is the wire id, wh_….
 */
export function isDeliverableTo(event: Deliverable, endpointId: string): boolean {
  if (familyOf(event.type) === 'test') return event.resourceId === endpointId;
  return !(isOperationalType(event.type) && event.data['endpointId'] === endpointId);
}

/**
 * Whether a failed delivery of an event of this type is itself reported, as `delivery.failed`. Not for
 * reports: two endpoints that both fail would otherwise report on each other for ever. Nor for tests,
 * whose failure is what the tester sees.
 */
export function isFailureReported(type: string): boolean {
  return !isOperationalType(type) && familyOf(type) !== 'test';
}
