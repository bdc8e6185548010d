import type { TenantTx } from '../tenant.ts';

/** Who wrote a comment: `system` when nobody is named. */
export type CommentAuthorType = 'contact' | 'internal' | 'system';

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

export async function insertComment(tx: TenantTx, comment: NewComment): Promise<void> {
  await tx.query({
    name: 'insert_comment',
    text: `
      insert into ticket_comments (tenant_id, id, ticket_id, content, is_internal, is_resolution,
        author_type, author_id, contact_id)
      values ($1::uuid, $2::uuid, $3::uuid, $4::text, $5::boolean, $6::boolean, $7::text, $8::uuid,
        $9::uuid)`,
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
}
