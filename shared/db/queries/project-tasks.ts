import type { TenantTx } from '../tenant.ts';

export interface ProjectDefaults {
  /** Undefined for a project without phases. */
  readonly phaseId: string | undefined;
  /** Undefined for a project without statuses. */
  readonly statusMappingId: string | undefined;
}

/** The first phase and the first status of a project, or undefined when there is no such project. */
export async function findProjectDefaults(
  tx: TenantTx,
  projectId: string,
): Promise<ProjectDefaults | undefined> {
  const { rows } = await tx.query<{ phase_id: string | null; status_id: string | null }>({
    name: 'find_project_defaults',
    text: `
      select
        (select ph.id from project_phases ph
          where ph.tenant_id = p.tenant_id and ph.project_id = p.id
          order by ph.position limit 1) as phase_id,
        (select s.id from project_status_mappings s
          where s.tenant_id = p.tenant_id and s.project_id = p.id
          order by s.position limit 1) as status_id
      from projects p
      where p.tenant_id = $1::uuid and p.id = $2::uuid`,
    values: [tx.tenantId, projectId],
  });
  const [row] = rows;
  return row && { phaseId: row.phase_id ?? undefined, statusMappingId: row.status_id ?? undefined };
}

export interface NewProjectTask {
  readonly id: string;
  readonly projectId: string;
  readonly phaseId: string;
  readonly statusMappingId: string;
  readonly name: string;
  readonly description: string | undefined;
  readonly taskTypeKey: string;
  readonly assignedTo: string | undefined;
  readonly priorityId: string | undefined;
  readonly serviceId: string | undefined;
  readonly dueDate: Date | undefined;
  readonly estimatedHours: number | undefined;
}

export async function insertProjectTask(tx: TenantTx, task: NewProjectTask): Promise<void> {
  await tx.query({
    name: 'insert_project_task',
    text: `
      insert into project_tasks (tenant_id, id, project_id, phase_id, project_status_mapping_id,
        name, description, task_type_key, assigned_to, priority_id, service_id, due_date,
        estimated_hours)
      values ($1::uuid, $2::uuid, $3::uuid, $4::uuid, $5::uuid, $6::text, $7::text, $8::text,
        $9::uuid, $10::uuid, $11::uuid, $12::timestamptz, $13::numeric)`,
    values: [
      tx.tenantId,
      task.id,
      task.projectId,
      task.phaseId,
      task.statusMappingId,
      task.name,
      task.description,
      task.taskTypeKey,
      task.assignedTo,
      task.priorityId,
      task.serviceId,
      task.dueDate,
      task.estimatedHours,
    ],
  });
}

export interface TaskState {
  readonly projectId: string;
  readonly statusMappingId: string;
}

/** Locks a task and returns its project and status, or undefined when it is gone. */
export async function lockProjectTask(tx: TenantTx, id: string): Promise<TaskState | undefined> {
  const { rows } = await tx.query<{ project_id: string; project_status_mapping_id: string }>({
    name: 'lock_project_task',
    text: `
      select project_id, project_status_mapping_id from project_tasks
      where tenant_id = $1::uuid and id = $2::uuid for no key update`,
    values: [tx.tenantId, id],
  });
  const [row] = rows;
  return row && { projectId: row.project_id, statusMappingId: row.project_status_mapping_id };
}

/** Sets the status of a task. One of another project raises a foreign key violation. */
export async function setTaskStatus(
  tx: TenantTx,
  id: string,
  statusMappingId: string,
): Promise<void> {
  await tx.query({
    name: 'set_task_status',
    text: `
      update project_tasks set project_status_mapping_id = $3::uuid, updated_at = clock_timestamp()
      where tenant_id = $1::uuid and id = $2::uuid`,
    values: [tx.tenantId, id, statusMappingId],
  });
}
