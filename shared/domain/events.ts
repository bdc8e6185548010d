/** What can happen, by name. Public: webhook endpoints subscribe to these. */
export const eventTypes = [
  'asset.created',
  'asset.updated',
  'client.created',
  'client.status_changed',
  'contact.created',
  'contact.updated',
  'invoice.status_changed',
  'project_task.created',
  'project_task.updated',
  'tag.added',
  'ticket.comment.created',
  'ticket.created',
  'ticket.updated',
  'time_entry.created',
] as const;

export type EventType = (typeof eventTypes)[number];

/** What the filters of endpoints look at, beside type and object. */
export interface EventAttributes {
  readonly channel?: string | undefined;
  readonly aiWorkflowState?: string | undefined;
  readonly ownerId?: string | undefined;
  readonly conversationId?: string | undefined;
  readonly messageId?: string | undefined;
  readonly labels?: readonly string[] | undefined;
}

/** Families of events about Tidegate's own work. Only endpoints that name them hear of them. */
const operationalFamilies: ReadonlySet<string> = new Set(['endpoint', 'delivery', 'replay']);

/** Whether a type is of a family about Tidegate's own work. */
export function isOperationalType(type: string): boolean {
  return operationalFamilies.has(type.slice(0, type.indexOf('.')));
}
