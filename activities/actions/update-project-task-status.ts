import { lockProjectTask, setTaskStatus } from '../../shared/db/queries/project-tasks.ts';
import { refusing } from './constraints.ts';
import { isRefusal } from './contract.ts';
import { defineAction } from './define-action.ts';
import { recordEvent, stillThere } from './effects.ts';
import { lookUp } from './external-ids.ts';
import { externalId, ref, required } from './fields.ts';

const refusals = {
  project_tasks_status_of_project: {
    field: 'project_status_mapping_id',
    reason: "There is no such status of the task's project.",
  },
};

/** Moves a task to another status of its project (S-032). */
export const updateProjectTaskStatusByExternalId = defineAction({
  name: 'updateProjectTaskStatusByExternalId',
  entityType: 'project_task',
  displayName: 'Update project task status',
  description: 'Sets the status of the project task with an external id.',
  targetFields: [
    required(externalId('External id of the task')),
    required(
      ref(
        'project_status_mapping_id',
        'project_status_mapping',
        "Status, one of the task's project",
      ),
    ),
  ],
  behavior: ['A task that has the status already is left alone.'],
  metadata: { status_changed: 'whether anything was written' },
  events: ['project_task.updated'],
  async handle(context, fields) {
    const { tx } = context;
    const id = await lookUp(context, 'project_task', fields.external_id);
    if (isRefusal(id)) return id;
    const { projectId, statusMappingId: before } = stillThere(await lockProjectTask(tx, id));
    const { project_status_mapping_id: statusMappingId } = fields;
    const isChanged = statusMappingId !== before;
    if (isChanged) {
      const refused = await refusing(refusals, () => setTaskStatus(tx, id, statusMappingId));
      if (isRefusal(refused)) return refused;
      await recordEvent(context, {
        type: 'project_task.updated',
        objectType: 'project_task',
        objectId: id,
        data: { projectId, statusMappingId },
      });
    }
    return {
      entityId: id,
      externalId: fields.external_id,
      message: isChanged ? 'Project task changed status.' : 'Project task had the status already.',
      metadata: { status_changed: isChanged },
    };
  },
});
