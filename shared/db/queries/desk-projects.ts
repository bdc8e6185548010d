import { makeDeskRead } from './desk-read.ts';
import { equals } from './resource-page.ts';

/** A project as the API shows it. */
export interface DeskProject {
  readonly id: string;
  readonly clientId: string;
  readonly name: string;
  readonly createdAt: Date;
}

interface ProjectRow {
  id: string;
  client_id: string;
  name: string;
  created_at: Date;
}

/** Projects of the tenant, newest first: nothing changes one. */
export const deskProjects = makeDeskRead({
  source: {
    columns: 'j.id, j.client_id, j.name, j.created_at',
    from: 'projects j',
    tenantColumn: 'j.tenant_id',
    idColumn: 'j.id',
    sortColumn: 'j.created_at',
  },
  conditions: ({ clientId }: { readonly clientId: string | undefined }) =>
    equals('j.client_id', 'uuid', clientId),
  map: (row: ProjectRow): DeskProject => ({
    id: row.id,
    clientId: row.client_id,
    name: row.name,
    createdAt: row.created_at,
  }),
});

/** A task of a project as the API shows it; phase and status with their names. */
export interface DeskProjectTask {
  readonly id: string;
  readonly projectId: string;
  readonly phaseId: string;
  readonly phase: string;
  readonly statusId: string;
  readonly status: string;
  readonly name: string;
  readonly description: string | null;
  readonly taskTypeKey: string;
  readonly assigneeId: string | null;
  readonly priorityId: string | null;
  readonly serviceId: string | null;
  readonly dueDate: Date | null;
  readonly estimatedHours: number | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

interface ProjectTaskRow {
  id: string;
  project_id: string;
  phase_id: string;
  phase_name: string;
  project_status_mapping_id: string;
  status_name: string;
  name: string;
  description: string | null;
  task_type_key: string;
  assigned_to: string | null;
  priority_id: string | null;
  service_id: string | null;
  due_date: Date | null;
  estimated_hours: number | null;
  created_at: Date;
  updated_at: Date;
}

export interface DeskProjectTaskFilter {
  readonly projectId: string | undefined;
  /** The user it is assigned to. */
  readonly assignee: string | undefined;
}

/** Tasks of the tenant's projects, last changed first. */
export const deskProjectTasks = makeDeskRead({
  source: {
    columns: `k.id, k.project_id, k.phase_id, h.name as phase_name, k.project_status_mapping_id,
      m.name as status_name, k.name, k.description, k.task_type_key, k.assigned_to, k.priority_id,
      k.service_id, k.due_date, k.estimated_hours::float8 as estimated_hours, k.created_at,
      k.updated_at`,
    from: `project_tasks k
      join project_phases h on h.tenant_id = k.tenant_id and h.id = k.phase_id
      join project_status_mappings m
        on m.tenant_id = k.tenant_id and m.id = k.project_status_mapping_id`,
    tenantColumn: 'k.tenant_id',
    idColumn: 'k.id',
    sortColumn: 'k.updated_at',
  },
  conditions: ({ projectId, assignee }: DeskProjectTaskFilter) => [
    ...equals('k.project_id', 'uuid', projectId),
    ...equals('k.assigned_to', 'uuid', assignee),
  ],
  map: (row: ProjectTaskRow): DeskProjectTask => ({
    id: row.id,
    projectId: row.project_id,
    phaseId: row.phase_id,
    phase: row.phase_name,
    statusId: row.project_status_mapping_id,
    status: row.status_name,
    name: row.name,
    description: row.description,
    taskTypeKey: row.task_type_key,
    assigneeId: row.assigned_to,
    priorityId: row.priority_id,
    serviceId: row.service_id,
    dueDate: row.due_date,
    estimatedHours: row.estimated_hours,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }),
});
