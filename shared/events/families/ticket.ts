import { z } from 'zod';
import { commentAuthors, ticketPriorities, ticketStatuses } from '../../domain/ticket.ts';
import { defineFamily } from '../event-type.ts';
import { count, exactly, flag, id, oneOf, open } from '../parts.ts';

const channel = exactly('support_ticket', 'Always support_ticket');
const status = oneOf(ticketStatuses, 'Status of the ticket');
const priority = oneOf(ticketPriorities, 'Priority of the ticket');
const assigneeId = id('the user it is assigned to; null when it is nobody’s').nullable();

/** What an action of a hook says beside that: rows of the service desk, known by their ids. */
const place = {
  statusId: id('its status on its board; of an action').optional(),
  priorityId: id('its priority on its board; of an action').optional(),
};

const ticket = { type: 'ticket', id: '018f2f6e-9c00-7e20-9b66-4daf702e3b88' } as const;
const statusId = '018f2f6e-3333-7000-8000-000000000003';
const priorityId = '018f2f6e-4444-7000-8000-000000000004';
const clientId = '018f2f6e-5555-7000-8000-000000000005';
const commentId = '018f2f6e-6666-7000-8000-000000000006';

export const ticketFamily = defineFamily({
  title: 'Tickets',
  description:
    'Tickets and what is said on them, whoever wrote it. Internal notes record nothing. An action of a hook makes tickets on a board of the service desk; its events name the rows of that board beside what all have. The owner is the client of the ticket, whether or not the data name it.',
  types: [
    {
      name: 'ticket.created',
      title: 'Ticket created',
      description: 'A ticket has been opened.',
      data: open({
        channel,
        status,
        priority,
        number: count('Number of the ticket; of an action').optional(),
        clientId: id('the client; of an action').optional(),
        boardId: id('the board; of an action').optional(),
        ...place,
      }),
      resourceTypes: ['ticket'],
      attributes: ['channel', 'owner', 'conversation'],
      examples: [
        {
          resource: ticket,
          data: { channel: 'support_ticket', status: 'submitted', priority: 'normal' },
        },
        {
          resource: ticket,
          data: {
            channel: 'support_ticket',
            status: 'submitted',
            priority: 'high',
            number: 1042,
            clientId,
            boardId: '018f2f6e-7777-7000-8000-000000000007',
            statusId,
            priorityId,
          },
        },
      ],
    },
    {
      name: 'ticket.updated',
      title: 'Ticket changed',
      description:
        'A ticket has been changed or resolved. The first four members are always there.',
      data: open({
        channel,
        status,
        priority,
        assigneeId,
        updatedFields: z
          .array(z.string())
          .describe('Names of the fields that were given; of an action')
          .optional(),
        ...place,
      }),
      resourceTypes: ['ticket'],
      attributes: ['channel', 'owner', 'conversation'],
      examples: [
        {
          resource: ticket,
          data: {
            channel: 'support_ticket',
            status: 'resolved',
            priority: 'high',
            assigneeId: null,
          },
        },
        {
          resource: ticket,
          data: {
            channel: 'support_ticket',
            status: 'in_progress',
            priority: 'high',
            assigneeId: null,
            updatedFields: ['status_id'],
            statusId,
            priorityId,
          },
        },
      ],
    },
    {
      name: 'ticket.comment_added',
      title: 'Comment added',
      description: 'Somebody has commented where the customer can read it.',
      data: open({
        channel,
        commentId: id('the comment'),
        authorType: oneOf(
          commentAuthors,
          'Who wrote it: one of the users, a visitor or contact, or nobody in particular',
        ),
        isResolution: flag('Whether it says how the ticket was resolved; of an action').optional(),
      }),
      resourceTypes: ['ticket'],
      attributes: ['channel', 'owner', 'conversation'],
      examples: [
        {
          resource: ticket,
          data: { channel: 'support_ticket', commentId, authorType: 'agent' },
        },
        {
          resource: ticket,
          data: {
            channel: 'support_ticket',
            commentId,
            authorType: 'visitor',
            isResolution: false,
          },
        },
      ],
    },
  ],
});
