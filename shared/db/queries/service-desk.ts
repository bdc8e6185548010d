import { v7 as uuidv7 } from 'uuid';
import type { TenantTx } from '../tenant.ts';

export interface NewTicket {
  readonly id: string;
  readonly title: string;
  readonly description: string | null;
  readonly clientId: string;
  readonly boardId: string;
  readonly statusId: string;
  readonly priorityId: string;
  readonly dueDate: Date | null;
  readonly attributes: Readonly<Record<string, unknown>>;
}

/**
 * Stores a ticket under the next number of its tenant and returns that number. The counter row is
 * locked until the commit, so numbers neither repeat nor leave gaps. A reference that does not exist
 * in the tenant raises a foreign key violation.
 */
export async function insertTicket(tx: TenantTx, ticket: NewTicket): Promise<number> {
  const { rows } = await tx.query<{ number: string }>({
    name: 'insert_ticket',
    text: `
      with counter as (
        insert into tenant_counters as c (tenant_id, name, value)
        values ($1::uuid, 'ticket_number', 1)
        on conflict (tenant_id, name) do update set value = c.value + 1
        returning c.value
      )
      insert into tickets (tenant_id, id, number, title, description, client_id, board_id,
        status_id, priority_id, due_date, attributes)
      select $1::uuid, $2::uuid, counter.value, $3::text, $4::text, $5::uuid, $6::uuid,
        $7::uuid, $8::uuid, $9::timestamptz, $10::jsonb
      from counter
      returning number`,
    values: [
      tx.tenantId,
      ticket.id,
      ticket.title,
      ticket.description,
      ticket.clientId,
      ticket.boardId,
      ticket.statusId,
      ticket.priorityId,
      ticket.dueDate,
      JSON.stringify(ticket.attributes),
    ],
  });
  return Number(rows[0]?.number);
}

/** The first status of a board, which a new ticket gets when none is mapped; undefined if there is none. */
export async function findDefaultStatus(
  tx: TenantTx,
  boardId: string,
): Promise<string | undefined> {
  const { rows } = await tx.query<{ id: string }>({
    name: 'find_default_status',
    text: `
      select id from ticket_statuses
      where tenant_id = $1::uuid and board_id = $2::uuid and not is_closed
      order by position limit 1`,
    values: [tx.tenantId, boardId],
  });
  return rows[0]?.id;
}

export interface DeskSeed {
  readonly clientId: string;
  readonly boardId: string;
  readonly statusIds: { readonly open: string; readonly closed: string };
  readonly priorityId: string;
}

/** Stores a minimal service desk: one client, one board with two statuses, one priority. */
export async function insertDesk(tx: TenantTx): Promise<DeskSeed> {
  const desk: DeskSeed = {
    clientId: uuidv7(),
    boardId: uuidv7(),
    statusIds: { open: uuidv7(), closed: uuidv7() },
    priorityId: uuidv7(),
  };
  await tx.query({
    text: `insert into clients (tenant_id, id, name) values ($1::uuid, $2::uuid, 'Example Ltd')`,
    values: [tx.tenantId, desk.clientId],
  });
  await tx.query({
    text: `insert into boards (tenant_id, id, name) values ($1::uuid, $2::uuid, 'Service desk')`,
    values: [tx.tenantId, desk.boardId],
  });
  await tx.query({
    text: `
      insert into ticket_statuses (tenant_id, id, board_id, name, is_closed, position)
      values ($1::uuid, $2::uuid, $3::uuid, 'Open', false, 1),
             ($1::uuid, $4::uuid, $3::uuid, 'Closed', true, 2)`,
    values: [tx.tenantId, desk.statusIds.open, desk.boardId, desk.statusIds.closed],
  });
  await tx.query({
    text: `
      insert into ticket_priorities (tenant_id, id, name, position)
      values ($1::uuid, $2::uuid, 'High', 1)`,
    values: [tx.tenantId, desk.priorityId],
  });
  return desk;
}
