import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeActionBench, type ActionBench, type DeskHook } from '../support/action-bench.ts';
import { apiAs, type ApiCaller } from '../support/api.ts';
import { automationKey } from '../support/automation.ts';
import { startTestStack, type TestStack } from '../support/stack.ts';

let stack: TestStack;
let bench: ActionBench;
let hook: DeskHook;
let user: ApiCaller;

beforeAll(async () => {
  stack = await startTestStack();
  bench = await makeActionBench(stack);
  hook = await bench.hook();
  user = apiAs(stack.gateway.url, (await stack.factory.user(hook.tenant)).token);
});
afterAll(async () => {
  await bench.close();
  await stack.stop();
});

const act = async (action: string, fields: object): Promise<string> => {
  const outcome = await bench.run(hook, action, { external_id: randomUUID(), ...fields });
  if (outcome.status !== 'dispatched') throw new Error(`${action}: ${outcome.message}`);
  return outcome.entityId ?? '';
};
const list = async (path: string): Promise<{ id: string }[]> => (await user.get(path)).body.data;
const ids = async (path: string) => (await list(path)).map(({ id }) => id);
const get = async (path: string, id: string) => (await user.get(`/${path}/get?id=${id}`)).body;

const resources = [
  ['clients', 'clients.read'],
  ['contacts', 'contacts.read'],
  ['assets', 'assets.read'],
  ['invoices', 'invoices.read'],
  ['projects', 'projects.read'],
  ['project-tasks', 'projects.read'],
  ['time-entries', 'time_entries.read'],
] as const;

describe('what actions have written of the service desk', () => {
  test('S-027 clients are read as they were written, long texts in the detail only', async () => {
    const address = { address: '1 High St', city: 'York', zip: 'YO1', country: 'GB' };
    const id = await act('upsertClientByExternalId', {
      client_name: 'Acme',
      client_type: 'individual',
      email: 'desk@acme.test',
      default_currency_code: 'gbp',
      notes: 'Pays late',
      properties: { tier: 1 },
      is_inactive: true,
      ...address,
    });
    const shown = {
      id,
      workspaceId: hook.tenant.id,
      name: 'Acme',
      clientType: 'individual',
      isInactive: true,
      url: null,
      phoneNo: null,
      email: 'desk@acme.test',
      address2: null,
      state: null,
      defaultCurrencyCode: 'GBP',
      createdAt: expect.any(String),
      updatedAt: expect.any(String),
      ...address,
    };
    expect(await list('/clients?status=inactive')).toEqual([shown]);
    expect(await get('clients', id)).toEqual({
      ...shown,
      notes: 'Pays late',
      properties: { tier: 1 },
    });
    expect(await ids('/clients?status=active')).toEqual([hook.desk.clientId]);
  });

  test('S-028 contacts are found by client, address and activity', async () => {
    const client_id = await act('upsertClientByExternalId', { client_name: 'Other' });
    const email = 'Pat@Example.test';
    const contact = { full_name: 'Pat', email, client_id, role: 'CTO', notes: 'Tall' };
    const id = await act('upsertContactByExternalId', contact);
    expect(await list(`/contacts?clientId=${client_id}`)).toEqual([
      {
        id,
        workspaceId: hook.tenant.id,
        clientId: client_id,
        fullName: 'Pat',
        email,
        role: 'CTO',
        phone: null,
        isInactive: false,
        createdAt: expect.any(String),
        updatedAt: expect.any(String),
      },
    ]);
    expect(await get('contacts', id)).toMatchObject({ notes: 'Tall' });
    expect(await ids('/contacts?email=pat@example.test')).toEqual([id]);
    expect(await ids(`/contacts?email=pat@example.test&status=inactive`)).toEqual([]);
  });

  test('S-029 assets are found by client, kind and status', async () => {
    const { clientId: client_id } = hook.desk;
    const id = await act('upsertAssetByExternalId', {
      client_id,
      asset_type: 'laptop',
      name: 'L-1',
      serial_number: 'S1',
      status: 'retired',
    });
    for (const filter of ['assetType=laptop', 'status=retired', `clientId=${client_id}`]) {
      expect(await ids(`/assets?${filter}`), filter).toEqual([id]);
    }
    expect(await get('assets', id)).toEqual({
      id,
      workspaceId: hook.tenant.id,
      clientId: client_id,
      assetType: 'laptop',
      name: 'L-1',
      assetTag: null,
      serialNumber: 'S1',
      status: 'retired',
      location: null,
      externalScopeId: null,
      createdAt: expect.any(String),
      updatedAt: expect.any(String),
    });
  });

  test('S-030 invoices show that they were paid, and move up when they are', async () => {
    const { invoiceId: id, clientId } = hook.desk;
    const externalId = randomUUID();
    await bench.tie(hook, 'invoice', externalId, id);
    const before = await get('invoices', id);
    expect(before).toMatchObject({ status: 'sent', paidAt: null });
    await act('markInvoicePaidByExternalId', { external_id: externalId });
    expect(await list(`/invoices?status=paid&clientId=${clientId}`)).toMatchObject([
      { id, number: 'I-1', paidAt: expect.any(String) },
    ]);
    expect(await ids('/invoices?status=sent')).toEqual([]);
    expect(await ids(`/invoices?updatedSince=${before.updatedAt}`)).toEqual([id]);
  });

  test('S-032 projects and their tasks are read with the names of phase and status', async () => {
    const { project, otherProject, clientId, userId, taskId } = hook.desk;
    const projects = await list(`/projects?clientId=${clientId}`);
    expect(projects.map(({ id }) => id).toSorted()).toEqual(
      [project.id, otherProject.id].toSorted(),
    );
    expect(await get('projects', project.id)).toMatchObject({ clientId, name: 'Project' });
    const id = await act('createProjectTask', {
      task_name: 'Dig',
      project_id: otherProject.id,
      assigned_to: userId,
      estimated_hours: 2.5,
      due_date: '2030-01-02T00:00:00Z',
      description: 'A hole',
    });
    expect(await list(`/project-tasks?projectId=${otherProject.id}`)).toEqual([
      {
        id,
        workspaceId: hook.tenant.id,
        projectId: otherProject.id,
        phaseId: otherProject.phaseIds[0],
        phase: 'First',
        statusId: otherProject.statusIds[0],
        status: 'First',
        name: 'Dig',
        taskTypeKey: 'task',
        assigneeId: userId,
        priorityId: null,
        serviceId: null,
        dueDate: '2030-01-02T00:00:00.000Z',
        estimatedHours: 2.5,
        createdAt: expect.any(String),
        updatedAt: expect.any(String),
      },
    ]);
    expect(await get('project-tasks', id)).toMatchObject({ description: 'A hole' });
    expect(await ids(`/project-tasks?assignee=${userId}`)).toEqual([id]);
    expect(await ids(`/project-tasks?projectId=${project.id}`)).toEqual([taskId]);
  });

  test('S-031 time entries are found by user and by what was worked on', async () => {
    const { userId: user_id, serviceId: service_id, taskId } = hook.desk;
    const id = await act('createTimeEntry', {
      user_id,
      service_id,
      work_item_type: 'project_task',
      work_item_id: taskId,
      start_time: '2020-01-15T09:00:00Z',
      duration_minutes: 45,
      is_billable: false,
      notes: 'Dug',
    });
    for (const filter of [
      `userId=${user_id}`,
      'workItemType=project_task',
      `workItemId=${taskId}`,
    ]) {
      expect(await ids(`/time-entries?${filter}`), filter).toEqual([id]);
    }
    expect(await ids('/time-entries?workItemType=ticket')).toEqual([]);
    expect(await get('time-entries', id)).toEqual({
      id,
      workspaceId: hook.tenant.id,
      timeSheetId: expect.any(String),
      userId: user_id,
      workItemType: 'project_task',
      workItemId: taskId,
      serviceId: service_id,
      startTime: '2020-01-15T09:00:00.000Z',
      durationMinutes: 45,
      billableMinutes: 0,
      notes: 'Dug',
      taxRegion: null,
      createdAt: expect.any(String),
    });
  });
});

describe.for(resources)('/%s', ([path, permission]) => {
  test('S-104 is for users only: no credential gets in, whatever its scopes', async () => {
    const { secret } = await automationKey(stack, hook.tenant);
    const key = apiAs(stack.gateway.url, secret);
    for (const query of ['', `/get?id=${randomUUID()}`]) {
      expect(await key.get(`/${path}${query}`)).toMatchObject({
        status: 403,
        body: { code: 'scope_missing' },
      });
    }
  });

  test(`S-126 needs ${permission}, which every role has unless it has a list of its own`, async () => {
    const as = async (options: object) =>
      apiAs(stack.gateway.url, (await stack.factory.user(hook.tenant, options)).token);
    const without = await as({ permissions: ['tickets.read'] });
    expect(await without.get(`/${path}`)).toMatchObject({
      status: 403,
      body: { code: 'permission_missing', message: expect.stringContaining(permission) },
    });
    for (const role of ['owner', 'admin', 'agent', 'viewer']) {
      expect(await (await as({ role })).get(`/${path}`), role).toMatchObject({ status: 200 });
    }
  });

  test('S-117 S-127 shows nothing to another tenant, and writes for nobody', async () => {
    const other = await stack.factory.tenant();
    const stranger = apiAs(stack.gateway.url, (await stack.factory.user(other)).token);
    const [row] = await list(`/${path}`);
    expect(row).toBeDefined();
    expect(await user.get(`/${path}/get?id=${row?.id}`)).toMatchObject({ status: 200 });
    expect(await stranger.get(`/${path}/get?id=${row?.id}`)).toMatchObject({
      status: 404,
      body: { code: 'not_found' },
    });
    const { body } = await stranger.get(`/${path}`);
    expect(body.data.map(({ id }: { id: string }) => id)).not.toContain(row?.id);
    expect(await user.get(`/${path}/get?id=7`)).toMatchObject({ status: 400 });
    for (const verb of ['create', 'update', 'delete']) {
      expect(await user.post(`/${path}/${verb}`, {})).toMatchObject({ status: 404 });
    }
  });
});
