import { v7 as uuidv7 } from 'uuid';
import type { Pool } from 'pg';
import type { TestTenant } from './factory.ts';

/** One of everything that an action can refer to, and a second where the pair must fit. */
export interface TestDesk {
  readonly clientId: string;
  readonly boardId: string;
  readonly statusIds: { readonly open: string; readonly closed: string };
  readonly priorityId: string;
  /** Another board with a status of its own. */
  readonly otherBoard: { readonly boardId: string; readonly statusId: string };
  readonly userId: string;
  readonly teamId: string;
  readonly categoryId: string;
  readonly subcategoryId: string;
  /** Another category with a subcategory of its own. */
  readonly otherCategory: { readonly categoryId: string; readonly subcategoryId: string };
  readonly contactId: string;
  readonly locationId: string;
  readonly assetId: string;
  readonly invoiceId: string;
  readonly serviceId: string;
  readonly project: TestProject;
  readonly otherProject: TestProject;
  readonly taskId: string;
  readonly interactionId: string;
  readonly nonBillableCategoryId: string;
  /** Covers January 2020. */
  readonly timePeriodId: string;
}

/** A project with two phases and two statuses, in their order. */
export interface TestProject {
  readonly id: string;
  readonly phaseIds: readonly [string, string];
  readonly statusIds: readonly [string, string];
}

/** Adds the rest of a service desk to the one that a tenant of the factory has. */
export async function insertTestDesk(admin: Pool, tenant: TestTenant): Promise<TestDesk> {
  const insert = makeInsert(admin, tenant.id);
  const { clientId, priorityId } = tenant.desk;
  const otherBoardId = await insert('boards', { name: 'Other board' });
  const project = await insertProject(insert, clientId);
  const categoryId = await insert('ticket_categories', { name: 'Hardware' });
  const otherCategoryId = await insert('ticket_categories', { name: 'Software' });
  return {
    ...tenant.desk,
    otherBoard: {
      boardId: otherBoardId,
      statusId: await insert('ticket_statuses', {
        board_id: otherBoardId,
        name: 'New',
        position: 1,
      }),
    },
    userId: await insert('users', { email: 'user@example.com', name: 'User', role: 'agent' }),
    teamId: await insert('teams', { name: 'Team' }),
    categoryId,
    subcategoryId: await insert('ticket_subcategories', { category_id: categoryId, name: 'Disk' }),
    otherCategory: {
      categoryId: otherCategoryId,
      subcategoryId: await insert('ticket_subcategories', {
        category_id: otherCategoryId,
        name: 'Licence',
      }),
    },
    contactId: await insert('contacts', {
      client_id: clientId,
      full_name: 'Contact',
      email: 'contact@example.com',
    }),
    locationId: await insert('client_locations', { client_id: clientId, name: 'Head office' }),
    assetId: await insert('assets', { asset_type: 'server', name: 'db-1', status: 'active' }),
    invoiceId: await insert('invoices', { client_id: clientId, number: 'I-1', status: 'sent' }),
    project,
    otherProject: await insertProject(insert, clientId),
    taskId: await insert('project_tasks', {
      project_id: project.id,
      phase_id: project.phaseIds[0],
      project_status_mapping_id: project.statusIds[0],
      name: 'Task',
      task_type_key: 'task',
      priority_id: priorityId,
    }),
    interactionId: await insert('interactions', { client_id: clientId, title: 'Call' }),
    nonBillableCategoryId: await insert('non_billable_categories', { name: 'Training' }),
    timePeriodId: await insert('time_periods', {
      start_date: '2020-01-01',
      end_date: '2020-02-01',
    }),
  };
}

/** The least that createTicket takes. */
export const leastTicket = ({ clientId, boardId, priorityId }: TestDesk) => ({
  title: 'Disk full',
  client_id: clientId,
  board_id: boardId,
  priority_id: priorityId,
});

type Insert = (table: string, row: Readonly<Record<string, unknown>>) => Promise<string>;

/** Stores a row of a tenant under a new id, past every wall, and returns the id. */
function makeInsert(admin: Pool, tenantId: string): Insert {
  return async (table, row) => {
    const id = uuidv7();
    const columns = ['tenant_id', 'id', ...Object.keys(row)];
    const parameters = columns.map((_, index) => `$${index + 1}`);
    await admin.query(
      `insert into ${table} (${columns.join(', ')}) values (${parameters.join(', ')})`,
      [tenantId, id, ...Object.values(row)],
    );
    return id;
  };
}

async function insertProject(insert: Insert, clientId: string): Promise<TestProject> {
  const id = await insert('projects', { client_id: clientId, name: 'Project' });
  // The second of each pair is stored first: what comes first is decided by position.
  const part = async (table: string) => {
    const second = await insert(table, { project_id: id, name: 'Second', position: 2 });
    const first = await insert(table, { project_id: id, name: 'First', position: 1 });
    return [first, second] as const;
  };
  return {
    id,
    phaseIds: await part('project_phases'),
    statusIds: await part('project_status_mappings'),
  };
}
