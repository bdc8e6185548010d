import { z } from 'zod';
import { defineFamily } from '../event-type.ts';
import { count, exactly, flag, id, oneOf, open } from '../parts.ts';

const channel = exactly('support_ticket', 'Always support_ticket');
const status = oneOf(
  ['submitted', 'in_progress', 'waiting_on_customer', 'resolved'],
  'Status of the ticket',
);
const priority = oneOf(['low', 'normal', 'high', 'urgent'], 'Priority of the ticket');
const assigneeId = id('the user it is assigned to; null when it is nobody’s').nullable();

/** Boards, statuses and priorities of the service desk are a tenant's own rows, known by their ids. */
const place = {
  statusId: id('its status on its board'),
  priorityId: id('its priority'),
};
const byApi = { title: 'written by the product or the automation API' };
const byAction = { title: 'written by an action of a hook' };

const ticket = { type: 'ticket', id: '018f2f6e-9c00-7e20-9b66-4daf702e3b88' } as const;
const statusId = '018f2f6e-3333-7000-8000-000000000003';
const priorityId = '018f2f6e-4444-7000-8000-000000000004';
const clientId = '018f2f6e-5555-7000-8000-000000000005';
const commentId = '018f2f6e-6666-7000-8000-000000000006';

export const ticketFamily = defineFamily({
  title: 'Tickets',
  description:
    'Tickets and what is said on them. Internal notes record nothing. A ticket of an action is on a board of the service desk, so its events name the rows of that board.',
  types: [
    {
      name: 'ticket.created',
      title: 'Ticket created',
      description: 'A ticket has been opened.',
      data: z.union([
        open({ channel, status, priority }).meta(byApi),
        open({
          number: count('Number of the ticket'),
          clientId: id('the client'),
          boardId: id('the board'),
          ...place,
        }).meta(byAction),
      ]),
      resourceTypes: ['ticket'],
      attributes: ['channel', 'owner'],
      examples: [
        {
          resource: ticket,
          data: { channel: 'support_ticket', status: 'submitted', priority: 'normal' },
        },
        {
          resource: ticket,
          data: {
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
      description: 'A ticket has been changed or resolved. All members are always there.',
      data: z.union([
        open({ channel, status, priority, assigneeId }).meta(byApi),
        open({
          updatedFields: z.array(z.string()).describe('Names of the fields that were given'),
          ...place,
          assigneeId,
        }).meta(byAction),
      ]),
      resourceTypes: ['ticket'],
      attributes: ['channel'],
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
          data: { updatedFields: ['status_id'], statusId, priorityId, assigneeId: null },
        },
      ],
    },
    {
      name: 'ticket.comment_added',
      title: 'Comment added',
      description: 'Somebody has commented where the customer can read it.',
      data: z.union([
        open({
          channel,
          commentId: id('the comment'),
          authorType: oneOf(['agent', 'visitor', 'system'], 'Who wrote it'),
        }).meta(byApi),
        open({
          commentId: id('the comment'),
          authorType: oneOf(['contact', 'internal', 'system'], 'Who wrote it'),
          isResolution: flag('Whether it says how the ticket was resolved'),
        }).meta(byAction),
      ]),
      resourceTypes: ['ticket'],
      attributes: ['channel'],
      examples: [
        {
          resource: ticket,
          data: { channel: 'support_ticket', commentId, authorType: 'agent' },
        },
        { resource: ticket, data: { commentId, authorType: 'contact', isResolution: false } },
      ],
    },
  ],
});
