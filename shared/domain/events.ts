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
