import { v7 as uuidv7 } from 'uuid';
import { findTicket } from '../../../shared/db/queries/support-tickets.ts';
import { listComments, type Comment } from '../../../shared/db/queries/ticket-comments.ts';
import { decodeCursor, pageOf } from '../../../shared/domain/cursor.ts';
import { TidegateError } from '../../../shared/errors/tidegate-error.ts';
import { listOf } from '../../../shared/schemas/common.ts';
import { writtenSchema } from '../../../shared/schemas/resource-api.ts';
import {
  commentQuery,
  commentSchema,
  newCommentSchema,
} from '../../../shared/schemas/ticket-api.ts';
import { addTicketComment } from '../../../shared/support/tickets.ts';
import type { Caller } from '../api/caller.ts';
import { defineSharedRoute, type ApiRoute } from '../api/route.ts';
import { auditWrite } from './writes.ts';

const present = (comment: Comment) => ({
  id: comment.id,
  ticketId: comment.ticketId,
  authorType: comment.author,
  authorId: comment.authorId,
  content: comment.content,
  isInternal: comment.isInternal,
  createdAt: comment.createdAt.toISOString(),
});

/** A user writes as one of the users, a program as nobody in particular. */
const writtenBy = (caller: Caller) =>
  caller.kind === 'user'
    ? ({ authorType: 'internal', authorId: caller.userId } as const)
    : ({ authorType: 'system', authorId: undefined } as const);

/** What is said on tickets, whoever said it. */
export const ticketCommentRoutes: readonly ApiRoute[] = [
  defineSharedRoute({
    method: 'GET',
    path: '/api/v1/tickets/comments',
    operationId: 'listTicketComments',
    tag: 'Tickets',
    summary: 'What was said on a ticket, oldest first',
    permission: 'tickets.read',
    scope: 'tickets.read',
    query: commentQuery,
    status: 200,
    response: listOf(commentSchema),
    errors: ['cursor_invalid', 'not_found'],
    async handle({ tx, query: { ticketId, limit, cursor } }) {
      const after = cursor === undefined ? undefined : decodeCursor(cursor);
      if ((await findTicket(tx, ticketId)) === undefined) throw new TidegateError('not_found');
      const found = await listComments(tx, ticketId, { after, limit, updatedSince: undefined });
      const { rows, ...page } = pageOf(found, limit);
      return { data: rows.map(present), ...page };
    },
  }),
  defineSharedRoute({
    method: 'POST',
    path: '/api/v1/tickets/comments/create',
    operationId: 'createTicketComment',
    tag: 'Tickets',
    summary: 'Say something on a ticket',
    description: 'An internal note is for users only: no endpoint is told of it.',
    permission: 'tickets.write',
    scope: 'tickets.write',
    body: newCommentSchema,
    bodyLimitBytes: 131_072,
    status: 201,
    response: writtenSchema,
    errors: ['not_found'],
    async handle(context) {
      const { tx, caller, body } = context;
      const id = uuidv7();
      const said = { ...body, ...writtenBy(caller), isResolution: false, contactId: undefined };
      const ticket = await addTicketComment(tx, { id, ...said });
      if (ticket === undefined) throw new TidegateError('not_found');
      // To comment is to change the ticket: the audit log knows no other verbs of tickets (S-122).
      await auditWrite(context, {
        resource: 'ticket',
        verb: 'updated',
        id: body.ticketId,
        details: { commentId: id, isInternal: body.isInternal },
      });
      return { id };
    },
  }),
];
