import { findProjectDefaults, insertProjectTask } from '../../shared/db/queries/project-tasks.ts';
import { noSuchId, refusing } from './constraints.ts';
import { isRefusal, refuseValue, type ActionContext, type ActionRefusal } from './contract.ts';
import { defineAction, type FieldsOf } from './define-action.ts';
import { readOptionalTime, recordEvent } from './effects.ts';
import { named, newEntityId, resolveByEither } from './external-ids.ts';
import { externalId, externalIdOf, longText, number, ref, required, text, time } from './fields.ts';

const estimatedHoursMax = 100_000;

const targetFields = [
  required(text('task_name', 'Name', 500)),
  ref('project_id', 'project', 'Project the task is in'),
  externalIdOf(
    'project_external_id',
    'The same by external id; not looked at when `project_id` is mapped',
  ),
  ref('phase_id', 'project_phase', "Phase; the project's first when absent"),
  ref(
    'project_status_mapping_id',
    'project_status_mapping',
    "Status, one of the project; the project's first when absent",
  ),
  ref('assigned_to', 'user', 'User who works on it'),
  ref('priority_id', 'ticket_priority', 'Priority'),
  ref('service_id', 'service', 'Service the work counts as'),
  longText('description', 'Text of the task'),
  time('due_date', 'When it is due'),
  text('task_type_key', 'Key of the kind of task; `task` when absent', 64),
  externalId("The sender's id, for later updates through the same hook"),
  number('estimated_hours', `Hours it should take, 0 to ${estimatedHoursMax}`),
] as const;

type Fields = FieldsOf<typeof targetFields>;

const refusals = {
  project_tasks_tenant_id_project_id_phase_id_fkey: {
    field: 'phase_id',
    reason: 'There is no such phase of this project.',
  },
  project_tasks_status_of_project: {
    field: 'project_status_mapping_id',
    reason: 'There is no such status of this project.',
  },
  project_tasks_tenant_id_assigned_to_fkey: noSuchId('assigned_to'),
  project_tasks_tenant_id_priority_id_fkey: noSuchId('priority_id'),
  project_tasks_tenant_id_service_id_fkey: noSuchId('service_id'),
};

/** Creates a task in a project (S-032). */
export const createProjectTask = defineAction({
  name: 'createProjectTask',
  entityType: 'project_task',
  displayName: 'Create project task',
  description: 'Creates a task in a project.',
  targetFields,
  behavior: [
    '`project_id` or `project_external_id` is required.',
    'Phase and status must be of the project; each is its first when absent.',
    'An `external_id` that already stands for a task of this hook is refused.',
  ],
  metadata: {
    project_id: 'id of the project',
    phase_id: 'id of the phase',
    project_status_mapping_id: 'id of the status',
  },
  events: ['project_task.created'],
  async handle(context, fields) {
    const { project_id, project_external_id, estimated_hours: hours } = fields;
    if (hours !== undefined && (hours < 0 || hours > estimatedHoursMax)) {
      return refuseValue('estimated_hours', `This must be 0 to ${estimatedHoursMax} hours.`);
    }
    const dueDate = readOptionalTime('due_date', fields.due_date);
    if (isRefusal(dueDate)) return dueDate;
    const projectId = await resolveByEither(context, 'project', project_id, project_external_id);
    if (isRefusal(projectId)) return projectId;
    if (projectId === undefined) {
      return refuseValue('project_id', 'A task needs project_id or project_external_id.');
    }
    const place = await findPlace(context, projectId, fields);
    if (isRefusal(place)) return place;
    const id = await newEntityId(context, 'project_task', fields.external_id);
    if (isRefusal(id)) return id;
    const refused = await refusing(refusals, () => store(context, id, place, fields, dueDate));
    if (isRefusal(refused)) return refused;
    return {
      entityId: id,
      ...named(fields.external_id),
      message: 'Project task created.',
      metadata: {
        project_id: place.projectId,
        phase_id: place.phaseId,
        project_status_mapping_id: place.statusMappingId,
      },
    };
  },
});

/** Where in its project a task goes. */
interface Place {
  readonly projectId: string;
  readonly phaseId: string;
  readonly statusMappingId: string;
}

async function findPlace(
  { tx }: ActionContext,
  projectId: string,
  fields: Fields,
): Promise<Place | ActionRefusal> {
  const defaults = await findProjectDefaults(tx, projectId);
  if (defaults === undefined) return refuseValue('project_id', 'There is no such id.');
  const { phase_id: phaseId = defaults.phaseId } = fields;
  const { project_status_mapping_id: statusMappingId = defaults.statusMappingId } = fields;
  if (phaseId === undefined) return refuseValue('phase_id', 'The project has no phase.');
  if (statusMappingId === undefined) {
    return refuseValue('project_status_mapping_id', 'The project has no status.');
  }
  return { projectId, phaseId, statusMappingId };
}

async function store(
  context: ActionContext,
  id: string,
  place: Place,
  fields: Fields,
  dueDate: Date | undefined,
): Promise<void> {
  await insertProjectTask(context.tx, {
    ...place,
    id,
    dueDate,
    name: fields.task_name,
    description: fields.description,
    taskTypeKey: fields.task_type_key ?? 'task',
    assignedTo: fields.assigned_to,
    priorityId: fields.priority_id,
    serviceId: fields.service_id,
    estimatedHours: fields.estimated_hours,
  });
  await recordEvent(context, {
    type: 'project_task.created',
    objectType: 'project_task',
    objectId: id,
    data: { ...place },
  });
}
