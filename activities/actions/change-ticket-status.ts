import { lockTicket, updateTicket } from '../../shared/db/queries/tickets.ts';
import { tellTicketUpdated } from '../../shared/support/tickets.ts';
import { refusing } from './constraints.ts';
import { isRefusal } from './contract.ts';
import { defineAction } from './define-action.ts';
import { mappedNames, stillThere } from './effects.ts';
import { lookUp } from './external-ids.ts';
import { externalId, required } from './fields.ts';
import { ticketFields, ticketRefusals } from './ticket-fields.ts';

const targetFields = [
  required(externalId('External id of the ticket')),
  required(ticketFields.status_id),
  ticketFields.board_id,
] as const;

/** Moves a ticket to another status of its board, or of a board it moves to (S-025). */
export const changeTicketStatusByExternalId = defineAction({
  name: 'changeTicketStatusByExternalId',
  entityType: 'ticket',
  displayName: 'Change ticket status',
  description: 'Sets the status of the ticket with an external id.',
  targetFields,
  behavior: [
    'The status must be one of the board of the ticket; with `board_id` the ticket moves to that board first.',
    'A ticket that has the status already is left alone.',
  ],
  metadata: {
    ticket_number: 'number of the ticket',
    status_changed: 'whether anything was written',
  },
  events: ['ticket.updated'],
  async handle(context, fields) {
    const { tx } = context;
    const id = await lookUp(context, 'ticket', fields.external_id);
    if (isRefusal(id)) return id;
    const before = stillThere(await lockTicket(tx, id));
    const { status_id: statusId, board_id: boardId = before.boardId } = fields;
    const isChanged = statusId !== before.statusId || boardId !== before.boardId;
    if (isChanged) {
      const after = await refusing(ticketRefusals(fields), () =>
        updateTicket(tx, id, { statusId, boardId }),
      );
      if (isRefusal(after)) return after;
      const ticket = stillThere(after);
      const updatedFields = mappedNames(targetFields, fields);
      const { priorityId } = ticket;
      await tellTicketUpdated(tx, ticket, context, { updatedFields, statusId, priorityId });
    }
    return {
      entityId: id,
      externalId: fields.external_id,
      message: `Ticket ${before.number} ${isChanged ? 'changed' : 'already had the'} status.`,
      metadata: { ticket_number: before.number, status_changed: isChanged },
    };
  },
});
