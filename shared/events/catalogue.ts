import type { EventFamily, EventType } from './event-type.ts';
import { cardFamily, transactionFamily, userFamily } from './families/card-program.ts';
import { cardViewFamily } from './families/card-view.ts';
import { conversationFamily, messageFamily } from './families/conversation.ts';
import {
  assetFamily,
  clientFamily,
  contactFamily,
  invoiceFamily,
  projectTaskFamily,
  tagFamily,
  timeEntryFamily,
} from './families/desk.ts';
import { emailFamily } from './families/email.ts';
import { articleFamily, collectionFamily } from './families/knowledge-base.ts';
import { deliveryFamily, endpointFamily, replayFamily, testFamily } from './families/operation.ts';
import { outboundFamily } from './families/outbound.ts';
import { ticketFamily } from './families/ticket.ts';
import { visitorFamily } from './families/visitor.ts';

const families = [
  conversationFamily,
  messageFamily,
  visitorFamily,
  ticketFamily,
  outboundFamily,
  articleFamily,
  collectionFamily,
  clientFamily,
  contactFamily,
  assetFamily,
  invoiceFamily,
  projectTaskFamily,
  timeEntryFamily,
  tagFamily,
  transactionFamily,
  cardFamily,
  userFamily,
  cardViewFamily,
  emailFamily,
  endpointFamily,
  deliveryFamily,
  replayFamily,
  testFamily,
] as const;

/** Every type of event that Tidegate records itself. Tenants add theirs (tenant-types.ts). */
export type EventTypeName = (typeof families)[number]['types'][number]['name'];

/** The families in the order of docs/events.md. */
export const eventFamilies: readonly EventFamily<EventTypeName>[] = families;

/** Every built-in type, in the order of the names. */
export const eventTypes: readonly EventType<EventTypeName>[] = eventFamilies
  .flatMap((family) => family.types)
  .toSorted((a, b) => (a.name < b.name ? -1 : 1));

export const eventTypeNames: readonly EventTypeName[] = eventTypes.map(({ name }) => name);

/** What built-in events are about, for pickers. Tenants' own types may be about anything. */
export const resourceTypes: readonly string[] = [
  ...new Set(eventTypes.flatMap((type) => type.resourceTypes)),
].toSorted();

const byName = new Map<string, EventType<EventTypeName>>(
  eventTypes.map((type) => [type.name, type]),
);

/** The built-in type of that name, or undefined. */
export function findEventType(name: string): EventType<EventTypeName> | undefined {
  return byName.get(name);
}

/** The part of a name before its first full stop. Those of built-in types are not for tenants. */
export function familyOf(name: string): string {
  return name.slice(0, Math.max(0, name.indexOf('.')));
}
