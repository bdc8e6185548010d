import { lockTicket, updateTicket } from '../../shared/db/queries/tickets.ts';
import { tellTicketUpdated } from '../../shared/support/tickets.ts';
import { refusing } from './constraints.ts';
import { isRefusal } from './contract.ts';
import { defineAction } from './define-action.ts';
import { mappedNames, readOptionalTime, stillThere } from './effects.ts';
import { lookUp } from './external-ids.ts';
import { externalId, required } from './fields.ts';
import { ticketFields, ticketRefusals, toTicketValues } from './ticket-fields.ts';

const targetFields = [
  required(externalId('External id of the ticket')),
  ticketFields.title,
  ticketFields.client_id,
  ticketFields.board_id,
  ticketFields.status_id,
  ticketFields.priority_id,
  ticketFields.assigned_to,
  ticketFields.assigned_team_id,
  ticketFields.category_id,
  ticketFields.subcategory_id,
  ticketFields.contact_id,
  ticketFields.location_id,
  ticketFields.due_date,
  ticketFields.attributes,
] as const;

/** Changes what is mapped of a ticket (S-025). */
export const updateTicketByExternalId = defineAction({
  name: 'updateTicketByExternalId',
  entityType: 'ticket',
  displayName: 'Update ticket',
  description: 'Changes the mapped fields of the ticket with an external id.',
  targetFields,
  behavior: [
    'A field that the mapping does not yield stays as it is; nothing can be emptied.',
    'Attributes are merged by key; `delivery_id` and `webhook_slug` always stay.',
    'Status, subcategory and location must fit the board, category and client that the ticket then has.',
    'With `external_id` alone nothing is written.',
  ],
  metadata: {
    ticket_number: 'number of the ticket',
    updated_fields: 'names of the mapped fields',
  },
  events: ['ticket.updated'],
  async handle(context, fields) {
    const dueDate = readOptionalTime('due_date', fields.due_date);
    if (isRefusal(dueDate)) return dueDate;
    const id = await lookUp(context, 'ticket', fields.external_id);
    if (isRefusal(id)) return id;
    const updatedFields = mappedNames(targetFields, fields);
    const found = await refusing(ticketRefusals(fields), () =>
      updatedFields.length === 0
        ? lockTicket(context.tx, id)
        : updateTicket(context.tx, id, toTicketValues(fields, dueDate)),
    );
    if (isRefusal(found)) return found;
    const ticket = stillThere(found);
    const { number, statusId, priorityId } = ticket;
    if (updatedFields.length > 0) {
      await tellTicketUpdated(context.tx, ticket, context, { updatedFields, statusId, priorityId });
    }
    return {
      entityId: id,
      externalId: fields.external_id,
      message: `Ticket ${number} updated.`,
      metadata: { ticket_number: number, updated_fields: updatedFields },
    };
  },
});
