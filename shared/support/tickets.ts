import { v7 as uuidv7 } from 'uuid';
import {
  insertSupportTicket,
  updateSupportTicket,
  type NewSupportTicket,
  type SupportTicketValues,
  type Ticket,
} from '../db/queries/support-tickets.ts';
import {
  authorOf,
  insertComment,
  type CommentedTicket,
  type NewComment,
} from '../db/queries/ticket-comments.ts';
import type { TicketState } from '../db/queries/tickets.ts';
import type { TenantTx } from '../db/tenant.ts';
import type { EventTypeName } from '../events/catalogue.ts';
import { tell, type Cause } from './tell.ts';

/** Members that an event has beside those that every event of its type has. */
type Extra = Readonly<Record<string, unknown>>;

const channel = 'support_ticket';

const plain = {
  description: null,
  priority: 'normal',
  visitorId: null,
  conversationId: null,
  assigneeId: null,
} as const;

/** Opens a ticket that is on no board, and tells of it (S-116). */
export async function openTicket(
  tx: TenantTx,
  values: Partial<NewSupportTicket> & Pick<NewSupportTicket, 'subject'>,
  cause: Cause = {},
): Promise<Ticket> {
  const ticket = await insertSupportTicket(tx, uuidv7(), { ...plain, ...values });
  await tellTicketCreated(tx, ticket, cause);
  return ticket;
}

/**
 * Stores what of a ticket has changed, and tells of it. A change to what it is already writes nothing
 * and tells nothing. The caller has locked the ticket.
 */
export async function changeTicket(
  tx: TenantTx,
  before: Ticket,
  change: Partial<SupportTicketValues>,
  cause: Cause = {},
): Promise<Ticket> {
  const names = Object.keys(change) as (keyof SupportTicketValues)[];
  if (names.every((name) => change[name] === before[name])) return before;
  const ticket = await updateSupportTicket(tx, before.id, { ...before, ...change });
  await tellTicketUpdated(tx, ticket, cause);
  return ticket;
}

/**
 * Adds a comment to a ticket, and tells of it unless it is internal (S-093). Undefined, and nothing
 * written, when there is no such ticket.
 */
export async function addTicketComment(
  tx: TenantTx,
  comment: NewComment,
  cause: Cause = {},
  extra: Extra = {},
): Promise<CommentedTicket | undefined> {
  const ticket = await insertComment(tx, comment);
  if (ticket === undefined || comment.isInternal) return ticket;
  const { id: commentId, ticketId: id } = comment;
  const data = { channel, commentId, authorType: authorOf[comment.authorType], ...extra };
  await tellOf(tx, 'ticket.comment_added', { ...ticket, id }, data, cause);
  return ticket;
}

/** Tells of a new ticket. */
export function tellTicketCreated(
  tx: TenantTx,
  ticket: TicketState,
  cause: Cause,
  extra: Extra = {},
): Promise<void> {
  const { status, priority } = ticket;
  return tellOf(tx, 'ticket.created', ticket, { channel, status, priority, ...extra }, cause);
}

/** Tells of a changed ticket: all of what it is now, whatever of it has changed. */
export function tellTicketUpdated(
  tx: TenantTx,
  ticket: TicketState,
  cause: Cause,
  extra: Extra = {},
): Promise<void> {
  const { status, priority, assigneeId } = ticket;
  const data = { channel, status, priority, assigneeId, ...extra };
  return tellOf(tx, 'ticket.updated', ticket, data, cause);
}

/** The client is the owner of its tickets; neither it nor the conversation is among the data. */
function tellOf(
  tx: TenantTx,
  type: EventTypeName,
  ticket: CommentedTicket & { readonly id: string },
  data: Extra,
  cause: Cause,
): Promise<void> {
  return tell(tx, cause, {
    type,
    objectType: 'ticket',
    objectId: ticket.id,
    data,
    attributes: {
      ownerId: ticket.clientId ?? undefined,
      conversationId: ticket.conversationId ?? undefined,
    },
  });
}
