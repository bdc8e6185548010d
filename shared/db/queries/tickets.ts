import type { TicketPriority, TicketStatus } from '../../domain/ticket.ts';
import type { TenantTx } from '../tenant.ts';

/** What a ticket holds. Undefined is null on a new ticket, and "as it is" in an update. */
export interface TicketValues {
  readonly title?: string | undefined;
  readonly description?: string | undefined;
  readonly clientId?: string | undefined;
  readonly boardId?: string | undefined;
  readonly statusId?: string | undefined;
  readonly priorityId?: string | undefined;
  readonly assignedTo?: string | undefined;
  readonly assignedTeamId?: string | undefined;
  readonly categoryId?: string | undefined;
  readonly subcategoryId?: string | undefined;
  readonly contactId?: string | undefined;
  readonly locationId?: string | undefined;
  readonly dueDate?: Date | undefined;
  readonly attributes?: Readonly<Record<string, unknown>> | undefined;
}

export interface NewTicket extends TicketValues {
  readonly title: string;
  readonly clientId: string;
  readonly boardId: string;
  /** Undefined: the first open status of the board. */
  readonly statusId: string | undefined;
  readonly priorityId: string;
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** The parameters $1 to $16 of both statements that write a ticket. */
function parameters(tx: TenantTx, id: string, ticket: TicketValues): unknown[] {
  return [
    tx.tenantId,
    id,
    ticket.title,
    ticket.description,
    ticket.clientId,
    ticket.boardId,
    ticket.statusId,
    ticket.priorityId,
    ticket.assignedTo,
    ticket.assignedTeamId,
    ticket.categoryId,
    ticket.subcategoryId,
    ticket.contactId,
    ticket.locationId,
    ticket.dueDate,
    ticket.attributes && JSON.stringify(ticket.attributes),
  ];
}

/**
 * Stores a ticket on a board under the next number of its tenant. A reference that does not exist in
 * the tenant raises a foreign key violation, and its number is used up. Undefined, and nothing stored,
 * when no status is given and there is no such board, or it has no open one.
 */
export async function insertTicket(
  tx: TenantTx,
  id: string,
  ticket: NewTicket,
): Promise<BoardTicket | undefined> {
  const { rows } = await tx.query<BoardTicketRow>({
    name: 'insert_ticket',
    text: `
      with standing as materialized (
        select coalesce($7::uuid, (
          select s.id from ticket_statuses s
          where s.tenant_id = $1::uuid and s.board_id = $6::uuid and not s.is_closed
          order by s.position limit 1)) as status_id
      )
      insert into tickets (tenant_id, id, number, title, description, client_id, board_id,
        status_id, priority_id, assigned_to, assigned_team_id, category_id, subcategory_id,
        contact_id, location_id, due_date, attributes)
      select $1::uuid, $2::uuid, next_ticket_number($1::uuid), $3::text, $4::text, $5::uuid,
        $6::uuid, status_id, $8::uuid, $9::uuid, $10::uuid, $11::uuid, $12::uuid,
        $13::uuid, $14::uuid, $15::timestamptz, $16::jsonb
      from standing where status_id is not null
      returning ${stateColumns}`,
    values: parameters(tx, id, ticket),
  });
  return rows[0] && toBoardTicket(rows[0]);
}

/** What any ticket is, on a board or on none, as the API and the events of tickets name it. */
export interface TicketState {
  readonly id: string;
  readonly number: number;
  readonly status: TicketStatus;
  readonly priority: TicketPriority;
  /** The user it is assigned to. */
  readonly assigneeId: string | null;
  readonly clientId: string | null;
  readonly conversationId: string | null;
}

/** Where a ticket of an action stands. It is on a board, and stays on one. */
export interface BoardTicket extends TicketState {
  readonly clientId: string;
  readonly boardId: string;
  readonly statusId: string;
  readonly priorityId: string;
}

interface BoardTicketRow {
  id: string;
  number: string;
  status: TicketStatus;
  priority: TicketPriority;
  assigned_to: string | null;
  client_id: string;
  conversation_id: string | null;
  board_id: string;
  status_id: string;
  priority_id: string;
}

const stateColumns = `id, number, status, priority, assigned_to, client_id, conversation_id, board_id,
  status_id, priority_id`;

const toBoardTicket = (row: BoardTicketRow): BoardTicket => ({
  id: row.id,
  number: Number(row.number),
  status: row.status,
  priority: row.priority,
  assigneeId: row.assigned_to,
  clientId: row.client_id,
  conversationId: row.conversation_id,
  boardId: row.board_id,
  statusId: row.status_id,
  priorityId: row.priority_id,
});

/**
 * Changes what is given of a ticket and leaves the rest (S-025). Attributes are merged by key, but
 * the two that say where the ticket came from stay. Undefined when the ticket is gone.
 */
export async function updateTicket(
  tx: TenantTx,
  id: string,
  ticket: TicketValues,
): Promise<BoardTicket | undefined> {
  const { rows } = await tx.query<BoardTicketRow>({
    name: 'update_ticket',
    text: `
      update tickets set
        title = coalesce($3::text, title),
        description = coalesce($4::text, description),
        client_id = coalesce($5::uuid, client_id),
        board_id = coalesce($6::uuid, board_id),
        status_id = coalesce($7::uuid, status_id),
        priority_id = coalesce($8::uuid, priority_id),
        assigned_to = coalesce($9::uuid, assigned_to),
        assigned_team_id = coalesce($10::uuid, assigned_team_id),
        category_id = coalesce($11::uuid, category_id),
        subcategory_id = coalesce($12::uuid, subcategory_id),
        contact_id = coalesce($13::uuid, contact_id),
        location_id = coalesce($14::uuid, location_id),
        due_date = coalesce($15::timestamptz, due_date),
        attributes = attributes
          || (coalesce($16::jsonb, '{}') - '{delivery_id,webhook_slug}'::text[]),
        updated_at = clock_timestamp()
      where tenant_id = $1::uuid and id = $2::uuid
      returning ${stateColumns}`,
    values: parameters(tx, id, ticket),
  });
  return rows[0] && toBoardTicket(rows[0]);
}

/** Locks a ticket and returns where it stands, or undefined when it is gone. */
export async function lockTicket(tx: TenantTx, id: string): Promise<BoardTicket | undefined> {
  const { rows } = await tx.query<BoardTicketRow>({
    name: 'lock_ticket',
    text: `
      select ${stateColumns} from tickets
      where tenant_id = $1::uuid and id = $2::uuid for no key update`,
    values: [tx.tenantId, id],
  });
  return rows[0] && toBoardTicket(rows[0]);
}

/** Links the asset that a ticket is about. */
export async function linkAffectedAsset(
  tx: TenantTx,
  ticketId: string,
  assetId: string,
): Promise<void> {
  await tx.query({
    name: 'link_affected_asset',
    text: `
      insert into ticket_assets (tenant_id, ticket_id, asset_id, relation)
      values ($1::uuid, $2::uuid, $3::uuid, 'affected')`,
    values: [tx.tenantId, ticketId, assetId],
  });
}
