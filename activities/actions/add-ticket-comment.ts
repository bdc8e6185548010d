import { v7 as uuidv7 } from 'uuid';
import type { CommentAuthorType } from '../../shared/db/queries/ticket-comments.ts';
import { addTicketComment } from '../../shared/support/tickets.ts';
import { noSuchId, refusing } from './constraints.ts';
import { isRefusal, refuseValue } from './contract.ts';
import { defineAction } from './define-action.ts';
import { stillThere } from './effects.ts';
import { lookUp } from './external-ids.ts';
import { externalId, flag, longText, ref, required } from './fields.ts';

const refusals = {
  ticket_comments_tenant_id_author_id_fkey: noSuchId('author_id'),
  ticket_comments_tenant_id_contact_id_fkey: noSuchId('contact_id'),
};

/** Adds a comment to a ticket (S-026). */
export const addTicketCommentByExternalId = defineAction({
  name: 'addTicketCommentByExternalId',
  entityType: 'ticket',
  displayName: 'Add ticket comment',
  description: 'Adds a comment to the ticket with an external id.',
  targetFields: [
    required(externalId('External id of the ticket')),
    required(longText('content', 'Text of the comment')),
    flag('is_internal', 'Whether only users see it; true when absent'),
    flag('is_resolution', 'Whether it says how the ticket was resolved; false when absent'),
    ref('author_id', 'user', 'User who wrote it'),
    ref('contact_id', 'contact', 'Contact who wrote it'),
  ],
  behavior: [
    'The author type is `contact` with `contact_id`, `internal` with `author_id`, and `system` with neither. Both together are refused.',
    'An internal comment records no event. The event of another one says `visitor` for `contact`, and `agent` for `internal`.',
    'The ticket counts as changed.',
  ],
  metadata: {
    comment_id: 'id of the comment',
    author_type: '`contact`, `internal` or `system`',
  },
  events: ['ticket.comment_added'],
  async handle(context, fields) {
    const { author_id: authorId, contact_id: contactId } = fields;
    if (authorId !== undefined && contactId !== undefined) {
      return refuseValue('contact_id', 'A comment has one author: map author_id or contact_id.');
    }
    const ticketId = await lookUp(context, 'ticket', fields.external_id);
    if (isRefusal(ticketId)) return ticketId;
    const { is_internal: isInternal = true, is_resolution: isResolution = false } = fields;
    const id = uuidv7();
    const authorType = authorTypeOf(authorId, contactId);
    const comment = { id, ticketId, isInternal, isResolution, authorType, authorId, contactId };
    const { content } = fields;
    const ticket = await refusing(refusals, () =>
      addTicketComment(context.tx, { ...comment, content }, context, { isResolution }),
    );
    if (isRefusal(ticket)) return ticket;
    stillThere(ticket);
    return {
      entityId: ticketId,
      externalId: fields.external_id,
      message: 'Comment added.',
      metadata: { comment_id: id, author_type: authorType },
    };
  },
});

function authorTypeOf(authorId?: string, contactId?: string): CommentAuthorType {
  if (contactId !== undefined) return 'contact';
  return authorId === undefined ? 'system' : 'internal';
}
