import type { Position } from '../../domain/cursor.ts';
import type { TicketPriority, TicketStatus } from '../../domain/ticket.ts';
import type { TenantTx } from '../tenant.ts';
import {
  equals,
  positionOf,
  readResource,
  readResourcePage,
  type PageRow,
  type PageSource,
  type ResourcePage,
} from './resource-page.ts';
import type { TicketState } from './tickets.ts';

/** A ticket as the API shows it, on a board or on none. */
export interface Ticket extends TicketState {
  readonly subject: string;
  readonly description: string | null;
  readonly visitorId: string | null;
  readonly formData: Readonly<Record<string, unknown>> | null;
  readonly resolutionSummary: string | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  /** Null unless it is resolved. */
  readonly resolvedAt: Date | null;
}

interface TicketRow {
  id: string;
  number: string;
  title: string;
  description: string | null;
  status: TicketStatus;
  priority: TicketPriority;
  assigned_to: string | null;
  client_id: string | null;
  visitor_id: string | null;
  conversation_id: string | null;
  form_data: Readonly<Record<string, unknown>> | null;
  resolution_summary: string | null;
  created_at: Date;
  updated_at: Date;
  resolved_at: Date | null;
}

const columns = `t.id, t.number, t.title, t.description, t.status, t.priority, t.assigned_to,
  t.client_id, t.visitor_id, t.conversation_id, t.form_data, t.resolution_summary, t.created_at,
  t.updated_at, t.resolved_at`;

const toTicket = (row: TicketRow): Ticket => ({
  id: row.id,
  number: Number(row.number),
  subject: row.title,
  description: row.description,
  status: row.status,
  priority: row.priority,
  assigneeId: row.assigned_to,
  clientId: row.client_id,
  visitorId: row.visitor_id,
  conversationId: row.conversation_id,
  formData: row.form_data,
  resolutionSummary: row.resolution_summary,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
  resolvedAt: row.resolved_at,
});

const source: PageSource = {
  columns,
  from: 'tickets t',
  tenantColumn: 't.tenant_id',
  idColumn: 't.id',
  sortColumn: 't.updated_at',
};

export interface TicketFilter {
  readonly status: TicketStatus | undefined;
  readonly priority: TicketPriority | undefined;
  /** The user it is assigned to. */
  readonly assignee: string | undefined;
}

/** Tickets of the tenant, last changed first (S-116). Takes one row more than `limit`. */
export async function listTickets(
  tx: TenantTx,
  page: ResourcePage,
  { status, priority, assignee }: TicketFilter,
): Promise<(Ticket & { readonly position: Position })[]> {
  const rows = await readResourcePage<TicketRow & PageRow>(tx, source, page, [
    ...equals('t.status', 'text', status),
    ...equals('t.priority', 'text', priority),
    ...equals('t.assigned_to', 'uuid', assignee),
  ]);
  return rows.map((row) => ({ ...toTicket(row), position: positionOf(row) }));
}

/** A ticket, or undefined. `for update` locks it until the commit. */
export async function findTicket(
  tx: TenantTx,
  id: string,
  lock: 'none' | 'for update' = 'none',
): Promise<Ticket | undefined> {
  const row = await readResource<TicketRow>(tx, source, id, lock);
  return row && toTicket(row);
}

/** What callers write of a new ticket. */
export interface NewSupportTicket {
  readonly subject: string;
  readonly description: string | null;
  readonly priority: TicketPriority;
  /** The visitor of the conversation when null. */
  readonly visitorId: string | null;
  readonly conversationId: string | null;
  readonly assigneeId: string | null;
}

/**
 * Stores a ticket that is on no board, under the next number of its tenant. A reference that does not
 * exist in the tenant raises a foreign key violation, and its number is used up.
 */
export async function insertSupportTicket(
  tx: TenantTx,
  id: string,
  ticket: NewSupportTicket,
): Promise<Ticket> {
  const { rows } = await tx.query<TicketRow>({
    name: 'insert_support_ticket',
    text: `
      insert into tickets as t (tenant_id, id, number, title, description, priority, visitor_id,
        conversation_id, assigned_to, source, created_at, updated_at)
      select $1::uuid, $2::uuid, next_ticket_number($1::uuid), $3::text, $4::text, $5::text,
        coalesce($6::uuid, (select c.visitor_id from conversations c
          where c.tenant_id = $1::uuid and c.id = $7::uuid)),
        $7::uuid, $8::uuid, 'api', moment, moment
      from clock_timestamp() moment
      returning ${columns}`,
    values: [
      tx.tenantId,
      id,
      ticket.subject,
      ticket.description,
      ticket.priority,
      ticket.visitorId,
      ticket.conversationId,
      ticket.assigneeId,
    ],
  });
  return toTicket(rows[0] as TicketRow);
}

/** What callers change of a ticket. */
export type SupportTicketValues = Pick<
  Ticket,
  'status' | 'priority' | 'assigneeId' | 'resolutionSummary'
>;

/**
 * Stores what a ticket has become. The caller has locked it. Where it is on a board, the board's rows
 * follow; a status or priority that none of them stands for violates `tickets_status_on_board` or
 * `tickets_priority_on_board`.
 */
export async function updateSupportTicket(
  tx: TenantTx,
  id: string,
  ticket: SupportTicketValues,
): Promise<Ticket> {
  const { rows } = await tx.query<TicketRow>({
    name: 'update_support_ticket',
    text: `
      update tickets t set status = $3::text, priority = $4::text, assigned_to = $5::uuid,
        resolution_summary = $6::text, updated_at = clock_timestamp()
      where t.tenant_id = $1::uuid and t.id = $2::uuid
      returning ${columns}`,
    values: [
      tx.tenantId,
      id,
      ticket.status,
      ticket.priority,
      ticket.assigneeId,
      ticket.resolutionSummary,
    ],
  });
  return toTicket(rows[0] as TicketRow);
}
