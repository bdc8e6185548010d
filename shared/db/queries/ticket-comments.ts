import type { Position } from '../../domain/cursor.ts';
import type { CommentAuthor } from '../../domain/ticket.ts';
import type { TenantTx } from '../tenant.ts';
import {
  equals,
  positionOf,
  readResourcePage,
  type PageRow,
  type PageSource,
  type ResourcePage,
} from './resource-page.ts';

/** Who wrote a comment, as actions and the table name it: `system` when nobody is named. */
export type CommentAuthorType = 'contact' | 'internal' | 'system';

/** The same as the API and events name it: a contact is a visitor to them, one of the users an agent. */
export const authorOf: Readonly<Record<CommentAuthorType, CommentAuthor>> = {
  contact: 'visitor',
  internal: 'agent',
  system: 'system',
};

export interface NewComment {
  readonly id: string;
  readonly ticketId: string;
  readonly content: string;
  readonly isInternal: boolean;
  readonly isResolution: boolean;
  readonly authorType: CommentAuthorType;
  /** The user behind an `internal` comment. */
  readonly authorId: string | undefined;
  /** The contact behind a `contact` comment. */
  readonly contactId: string | undefined;
}

/** The ticket that was commented on, as far as events of it need. */
export interface CommentedTicket {
  readonly clientId: string | null;
  readonly conversationId: string | null;
}

/**
 * Stores a comment and marks its ticket as changed now, which also locks the ticket. Undefined, and
 * nothing written, when there is no such ticket.
 */
export async function insertComment(
  tx: TenantTx,
  comment: NewComment,
): Promise<CommentedTicket | undefined> {
  const { rows } = await tx.query<{ client_id: string | null; conversation_id: string | null }>({
    name: 'insert_comment',
    text: `
      with ticket as (
        update tickets set updated_at = clock_timestamp()
        where tenant_id = $1::uuid and id = $3::uuid
        returning tenant_id, id, client_id, conversation_id
      ), comment as (
        insert into ticket_comments (tenant_id, id, ticket_id, content, is_internal, is_resolution,
          author_type, author_id, contact_id)
        select tenant_id, $2::uuid, id, $4::text, $5::boolean, $6::boolean, $7::text, $8::uuid,
          $9::uuid
        from ticket
      )
      select client_id, conversation_id from ticket`,
    values: [
      tx.tenantId,
      comment.id,
      comment.ticketId,
      comment.content,
      comment.isInternal,
      comment.isResolution,
      comment.authorType,
      comment.authorId,
      comment.contactId,
    ],
  });
  const [row] = rows;
  return row && { clientId: row.client_id, conversationId: row.conversation_id };
}

/** A comment as the API shows it. */
export interface Comment {
  readonly id: string;
  readonly ticketId: string;
  readonly author: CommentAuthor;
  /** The user or contact; null for the system, and for a user who is gone. */
  readonly authorId: string | null;
  readonly content: string;
  readonly isInternal: boolean;
  readonly createdAt: Date;
}

interface CommentRow {
  id: string;
  ticket_id: string;
  author_type: CommentAuthorType;
  author_id: string | null;
  content: string;
  is_internal: boolean;
  created_at: Date;
}

const source: PageSource = {
  columns: `c.id, c.ticket_id, c.author_type, coalesce(c.author_id, c.contact_id) as author_id,
    c.content, c.is_internal, c.created_at`,
  from: 'ticket_comments c',
  tenantColumn: 'c.tenant_id',
  idColumn: 'c.id',
  sortColumn: 'c.created_at',
  direction: 'asc',
};

/** The comments of a ticket, oldest first. Takes one row more than `limit`. */
export async function listComments(
  tx: TenantTx,
  ticketId: string,
  page: ResourcePage,
): Promise<(Comment & { readonly position: Position })[]> {
  const rows = await readResourcePage<CommentRow & PageRow>(
    tx,
    source,
    page,
    equals('c.ticket_id', 'uuid', ticketId),
  );
  return rows.map((row) => ({
    id: row.id,
    ticketId: row.ticket_id,
    author: authorOf[row.author_type],
    authorId: row.author_id,
    content: row.content,
    isInternal: row.is_internal,
    createdAt: row.created_at,
    position: positionOf(row),
  }));
}
