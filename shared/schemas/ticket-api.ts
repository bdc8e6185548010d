import { z } from 'zod';
import { commentAuthors, ticketPriorities, ticketStatuses } from '../domain/ticket.ts';
import { cursorSchema, timestampSchema } from './common.ts';
import { listQuery, textSchema } from './resource-api.ts';

const statusSchema = z.enum(ticketStatuses);
const prioritySchema = z.enum(ticketPriorities);
const assigneeSchema = z.uuid().nullable().describe('The user it is assigned to');

const ticketMembers = {
  id: z.uuid(),
  workspaceId: z.uuid().describe('The tenant'),
  number: z.int().describe('Counted by tenant'),
  conversationId: z.uuid().nullable(),
  visitorId: z.uuid().nullable(),
  subject: z.string(),
  description: z.string().nullable(),
  status: statusSchema,
  priority: prioritySchema,
  assigneeId: assigneeSchema,
  createdAt: timestampSchema,
  updatedAt: timestampSchema.describe('When it or what is said on it last changed'),
  resolvedAt: timestampSchema.nullable().describe('Null unless it is resolved'),
};

export const ticketSchema = z.strictObject(ticketMembers).meta({ id: 'Ticket' });
export const ticketDetailSchema = z
  .strictObject({
    ...ticketMembers,
    formData: z.record(z.string(), z.unknown()).nullable(),
    resolutionSummary: z.string().nullable(),
  })
  .meta({ id: 'TicketDetail' });

export const ticketFilters = {
  status: statusSchema.optional(),
  priority: prioritySchema.optional(),
  assignee: z.uuid().optional().describe('Id of the user it is assigned to'),
} as const;

export const newTicketSchema = z
  .strictObject({
    subject: textSchema(500),
    description: textSchema(20_000).nullable().optional(),
    priority: prioritySchema.optional().describe('normal when absent'),
    visitorId: z
      .uuid()
      .nullable()
      .optional()
      .describe('The visitor of the conversation when absent'),
    conversationId: z.uuid().nullable().optional().describe('The conversation that it is made of'),
    assigneeId: assigneeSchema.optional(),
  })
  .meta({ id: 'NewTicket' });

export const ticketChangeSchema = z
  .strictObject({
    ticketId: z.uuid(),
    status: statusSchema.optional(),
    priority: prioritySchema.optional(),
    assigneeId: assigneeSchema.optional().describe('A user; null makes it nobody’s'),
    resolutionSummary: textSchema(20_000).nullable().optional(),
  })
  .meta({ id: 'TicketChange' });

export const commentSchema = z
  .strictObject({
    id: z.uuid(),
    ticketId: z.uuid(),
    authorType: z
      .enum(commentAuthors)
      .describe('agent for a user, visitor for a contact, system for a program'),
    authorId: z.uuid().nullable().describe('The user or contact, if it was one who is still there'),
    content: z.string(),
    isInternal: z.boolean().describe('Whether it is for users only'),
    createdAt: timestampSchema,
  })
  .meta({ id: 'TicketComment' });

export const commentQuery = z.object({
  ticketId: z.uuid(),
  limit: listQuery.limit,
  cursor: cursorSchema,
});

export const newCommentSchema = z
  .strictObject({
    ticketId: z.uuid(),
    content: textSchema(20_000),
    isInternal: z.boolean().default(false),
  })
  .meta({ id: 'NewTicketComment' });

export type TicketView = z.output<typeof ticketSchema>;
export type TicketDetailView = z.output<typeof ticketDetailSchema>;
export type CommentView = z.output<typeof commentSchema>;
