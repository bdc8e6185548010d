import { v7 as uuidv7 } from 'uuid';
import type { TenantTx } from '../tenant.ts';

export interface DeskSeed {
  readonly clientId: string;
  readonly boardId: string;
  readonly statusIds: { readonly open: string; readonly closed: string };
  readonly priorityId: string;
  readonly serviceId: string;
}

/**
 * Stores a minimal service desk: one client, one board with two statuses, one priority, one service,
 * and a time period from the beginning of this year to the end of the next.
 */
export async function insertDesk(tx: TenantTx): Promise<DeskSeed> {
  const desk: DeskSeed = {
    clientId: uuidv7(),
    boardId: uuidv7(),
    statusIds: { open: uuidv7(), closed: uuidv7() },
    priorityId: uuidv7(),
    serviceId: uuidv7(),
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
  await tx.query({
    text: `insert into services (tenant_id, id, name) values ($1::uuid, $2::uuid, 'Support')`,
    values: [tx.tenantId, desk.serviceId],
  });
  await tx.query({
    text: `
      insert into time_periods (tenant_id, id, start_date, end_date)
      values ($1::uuid, $2::uuid, date_trunc('year', now() at time zone 'utc')::date,
        (date_trunc('year', now() at time zone 'utc') + interval '2 years')::date)`,
    values: [tx.tenantId, uuidv7()],
  });
  return desk;
}

/** The oldest client, board and priority of the tenant, or undefined when one of them is missing. */
export async function findDesk(
  tx: TenantTx,
): Promise<Pick<DeskSeed, 'clientId' | 'boardId' | 'priorityId'> | undefined> {
  const { rows } = await tx.query<{ client_id: string; board_id: string; priority_id: string }>({
    text: `
      select c.id as client_id, b.id as board_id, p.id as priority_id
      from clients c, boards b, ticket_priorities p
      where c.tenant_id = $1::uuid and b.tenant_id = $1::uuid and p.tenant_id = $1::uuid
      order by c.id, b.id, p.id
      limit 1`,
    values: [tx.tenantId],
  });
  const [row] = rows;
  return row && { clientId: row.client_id, boardId: row.board_id, priorityId: row.priority_id };
}
