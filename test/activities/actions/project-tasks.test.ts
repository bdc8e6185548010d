import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeActionBench, type ActionBench, type DeskHook } from '../../support/action-bench.ts';

let bench: ActionBench;
let hook: DeskHook;

beforeAll(async () => {
  bench = await makeActionBench();
  hook = await bench.hook();
  await bench.tie(hook, 'project', 'p-1', hook.desk.project.id);
});
afterAll(() => bench.close());

const create = (externalId: string, fields: object = {}) =>
  bench.run(hook, 'createProjectTask', {
    task_name: 'Migrate',
    project_id: hook.desk.project.id,
    external_id: externalId,
    ...fields,
  });

const task = async (externalId: string) => {
  const [row] = await bench.rows(
    hook,
    `select t.* from project_tasks t join external_entity_mappings m
       on m.tenant_id = t.tenant_id and m.entity_id = t.id and m.entity_type = 'project_task'
     where t.tenant_id = $1 and m.hook_slug = $2 and m.external_id = $3`,
    [hook.slug, externalId],
  );
  return row;
};

describe('createProjectTask', () => {
  test('S-032 goes to the first phase and the first status of the project', async () => {
    const outcome = await create('defaults');
    const { project } = hook.desk;
    const place = {
      project_id: project.id,
      phase_id: project.phaseIds[0],
      project_status_mapping_id: project.statusIds[0],
    };
    expect(await task('defaults')).toMatchObject({ ...place, task_type_key: 'task' });
    expect(outcome).toMatchObject({ status: 'dispatched', metadata: place });
    expect((await bench.events(hook)).at(-1)).toMatchObject({
      type: 'project_task.created',
      object_id: (await task('defaults'))?.['id'],
      data: { projectId: project.id, phaseId: project.phaseIds[0] },
    });
  });

  test('S-032 stores every field', async () => {
    const { desk } = hook;
    const fields = {
      phase_id: desk.project.phaseIds[1],
      project_status_mapping_id: desk.project.statusIds[1],
      assigned_to: desk.userId,
      priority_id: desk.priorityId,
      service_id: desk.serviceId,
      description: 'To the new host',
      task_type_key: 'change',
    };
    await create('full', { ...fields, due_date: '2030-01-02', estimated_hours: 2.5 });
    expect(await task('full')).toMatchObject({
      ...fields,
      due_date: new Date('2030-01-02T00:00:00Z'),
      estimated_hours: '2.50',
    });
  });

  test('S-032 takes the project by an external id of the hook', async () => {
    await create('by-external', { project_id: undefined, project_external_id: 'p-1' });
    expect(await task('by-external')).toMatchObject({ project_id: hook.desk.project.id });
  });

  test('S-032 refuses a task without a project, and an external id of none', async () => {
    expect(await create('none', { project_id: undefined })).toMatchObject({
      code: 'VALIDATION_ERROR',
      field: 'project_id',
    });
    const missed = await create('missed', { project_id: undefined, project_external_id: 'p-9' });
    expect(missed).toMatchObject({ code: 'LOOKUP_MISS', field: 'project_external_id' });
  });

  test.for([
    ['phase_id', 'phaseIds'],
    ['project_status_mapping_id', 'statusIds'],
  ] as const)('S-032 refuses a %s of another project', async ([field, ids]) => {
    const outcome = await create(`foreign-${field}`, { [field]: hook.desk.otherProject[ids][0] });
    expect(outcome).toMatchObject({ code: 'VALIDATION_ERROR', field });
    expect(await task(`foreign-${field}`)).toBeUndefined();
  });

  test.for([[-1], [100_001]] as const)('S-032 refuses %s estimated hours', async ([hours]) => {
    expect(await create('hours', { estimated_hours: hours })).toMatchObject({
      code: 'VALIDATION_ERROR',
      field: 'estimated_hours',
    });
  });

  test('S-034 refuses an external id that stands for a task', async () => {
    await create('taken');
    expect(await create('taken')).toMatchObject({ field: 'external_id' });
  });
});

describe('updateProjectTaskStatusByExternalId', () => {
  const setStatus = (externalId: string, statusId: string) =>
    bench.run(hook, 'updateProjectTaskStatusByExternalId', {
      external_id: externalId,
      project_status_mapping_id: statusId,
    });

  test('S-032 sets a status of the project of the task', async () => {
    await create('status');
    const outcome = await setStatus('status', hook.desk.project.statusIds[1]);
    expect(outcome).toMatchObject({ metadata: { status_changed: true } });
    expect(await task('status')).toMatchObject({
      project_status_mapping_id: hook.desk.project.statusIds[1],
    });
    expect((await bench.events(hook)).at(-1)).toMatchObject({ type: 'project_task.updated' });
  });

  test('S-032 refuses a status of another project, and changes nothing', async () => {
    await create('fixed');
    const before = await task('fixed');
    const outcome = await setStatus('fixed', hook.desk.otherProject.statusIds[0]);
    expect(outcome).toMatchObject({
      code: 'VALIDATION_ERROR',
      field: 'project_status_mapping_id',
    });
    expect(await task('fixed')).toEqual(before);
  });

  test('leaves a task alone that has the status', async () => {
    await create('same');
    const before = await task('same');
    const events = await bench.events(hook);
    const outcome = await setStatus('same', hook.desk.project.statusIds[0]);
    expect(outcome).toMatchObject({ metadata: { status_changed: false } });
    expect(await task('same')).toEqual(before);
    expect(await bench.events(hook)).toEqual(events);
  });
});
