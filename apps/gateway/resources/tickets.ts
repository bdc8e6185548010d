import { z } from 'zod';
import {
  findTicket,
  listTickets,
  type Ticket,
} from '../../../shared/db/queries/support-tickets.ts';
import type { TenantTx } from '../../../shared/db/tenant.ts';
import {
  newTicketSchema,
  ticketChangeSchema,
  ticketDetailSchema,
  ticketFilters,
  ticketSchema,
} from '../../../shared/schemas/ticket-api.ts';
import { changeTicket, openTicket } from '../../../shared/support/tickets.ts';
import { defineResource } from './define-resource.ts';
import { given } from './given.ts';
import { noSuch, type Refusal } from './writes.ts';

const notOnBoard = (member: string): Refusal => ({
  code: 'not_on_board',
  pointer: `/${member}`,
  message: `The board of the ticket has no ${member} that stands for this.`,
});

/** Tickets, those that actions have made on boards among them (S-116). */
export const ticketRoutes = defineResource({
  name: 'ticket',
  path: 'tickets',
  title: 'Ticket',
  tag: 'Tickets',
  idField: 'ticketId',
  scopes: { read: 'tickets.read', write: 'tickets.write' },
  view: ticketSchema,
  detailView: ticketDetailSchema,
  filters: z.object(ticketFilters),
  list: (tx, page, { status, priority, assignee }) =>
    listTickets(tx, page, { status, priority, assignee }),
  find: findTicket,
  present,
  presentDetail: (ticket, tx) => ({
    ...present(ticket, tx),
    formData: ticket.formData,
    resolutionSummary: ticket.resolutionSummary,
  }),
  refusals: {
    tickets_tenant_id_visitor_id_fkey: noSuch('visitorId', 'visitor'),
    tickets_tenant_id_conversation_id_fkey: noSuch('conversationId', 'conversation'),
    tickets_tenant_id_assigned_to_fkey: noSuch('assigneeId', 'user'),
    tickets_status_on_board: notOnBoard('status'),
    tickets_priority_on_board: notOnBoard('priority'),
  },
  bodyLimitBytes: 131_072,
  create: {
    body: newTicketSchema,
    run: ({ tx, body: { subject, ...values } }) => openTicket(tx, { subject, ...given(values) }),
  },
  update: {
    body: ticketChangeSchema,
    run: ({ tx, body: { ticketId: _id, ...change } }, before) =>
      changeTicket(tx, before, given(change)),
  },
});

function present(ticket: Ticket, { tenantId }: TenantTx) {
  return {
    id: ticket.id,
    workspaceId: tenantId,
    number: ticket.number,
    conversationId: ticket.conversationId,
    visitorId: ticket.visitorId,
    subject: ticket.subject,
    description: ticket.description,
    status: ticket.status,
    priority: ticket.priority,
    assigneeId: ticket.assigneeId,
    createdAt: ticket.createdAt.toISOString(),
    updatedAt: ticket.updatedAt.toISOString(),
    resolvedAt: ticket.resolvedAt?.toISOString() ?? null,
  };
}
