/** What a ticket can be, whatever the rows of its board are called. */
export const ticketStatuses = [
  'submitted',
  'in_progress',
  'waiting_on_customer',
  'resolved',
] as const;
export type TicketStatus = (typeof ticketStatuses)[number];

export const ticketPriorities = ['low', 'normal', 'high', 'urgent'] as const;
export type TicketPriority = (typeof ticketPriorities)[number];

/** Who wrote a comment, as the API and events say it: `system` when nobody is named. */
export const commentAuthors = ['agent', 'visitor', 'system'] as const;
export type CommentAuthor = (typeof commentAuthors)[number];
