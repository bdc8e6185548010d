import { familyOf } from './catalogue.ts';

/** Families whose events say how deliveries fare. */
const operationalFamilies: ReadonlySet<string> = new Set(['endpoint', 'delivery', 'replay']);

/** Whether events of the type say how deliveries fare, rather than what happened in the product. */
export function isOperational(type: string): boolean {
  return operationalFamilies.has(familyOf(type));
}

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
  return !(isOperational(event.type) && event.data['endpointId'] === endpointId);
}

/**
 * Whether a failed delivery of an event of this type is itself reported, as `delivery.failed`. Not for
 * reports: two endpoints that both fail would otherwise report on each other for ever. Nor for tests,
 * whose failure is what the tester sees.
 */
export function isFailureReported(type: string): boolean {
  return !isOperational(type) && familyOf(type) !== 'test';
}
