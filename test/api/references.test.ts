import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeActionRegistry } from '../../activities/actions/registry.ts';
import { referenceTypes } from '../../shared/domain/reference-type.ts';
import { apiAs, type ApiCaller } from '../support/api.ts';
import { insertTestDesk, type TestDesk } from '../support/desk.ts';
import type { TestTenant } from '../support/factory.ts';
import { startTestStack, type TestStack } from '../support/stack.ts';

interface Option {
  readonly id: string;
  readonly label: string;
}

let stack: TestStack;
let tenant: TestTenant;
let desk: TestDesk;
let api: ApiCaller;
let foreign: ApiCaller;

beforeAll(async () => {
  stack = await startTestStack();
  tenant = await stack.factory.tenant();
  desk = await insertTestDesk(stack.database.admin, tenant);
  api = apiAs(stack.gateway.url, (await stack.factory.user(tenant)).token);
  const other = await stack.factory.tenant();
  foreign = apiAs(stack.gateway.url, (await stack.factory.user(other)).token);
});
afterAll(() => stack.stop());

async function options(type: string, search?: string, caller = api): Promise<Option[]> {
  const query = search === undefined ? '' : `?search=${encodeURIComponent(search)}`;
  const { status, body } = await caller.get(`/inbound-webhooks/references/${type}${query}`);
  expect(status).toBe(200);
  return body.data;
}

/** Stores so many clients, `Acme 1` and on, for a tenant of their own. */
async function manyClients(count: number): Promise<ApiCaller> {
  const owner = await stack.factory.tenant();
  await stack.database.admin.query(
    `insert into clients (tenant_id, id, name)
     select $1, gen_random_uuid(), 'Acme ' || n from generate_series(1, $2::integer) n`,
    [owner.id, count],
  );
  return apiAs(stack.gateway.url, (await stack.factory.user(owner)).token);
}

describe('the options of a reference', () => {
  test('S-043 exist for every reference of the catalogue', () => {
    const wanted = [...makeActionRegistry().values()]
      .flatMap(({ targetFields }) => targetFields)
      .flatMap(({ refEntityType }) => refEntityType ?? []);
    expect([...new Set(wanted)].toSorted()).toEqual([...referenceTypes]);
  });

  test('S-043 name what each kind of field can refer to', async () => {
    const ids = {
      asset: desk.assetId,
      board: desk.boardId,
      client: desk.clientId,
      client_location: desk.locationId,
      contact: desk.contactId,
      project: desk.project.id,
      project_phase: desk.project.phaseIds[0],
      project_status_mapping: desk.project.statusIds[0],
      service: desk.serviceId,
      team: desk.teamId,
      ticket_category: desk.categoryId,
      ticket_priority: desk.priorityId,
      ticket_status: desk.statusIds.open,
      ticket_subcategory: desk.subcategoryId,
      user: desk.userId,
      work_item: desk.taskId,
    };
    expect(Object.keys(ids)).toEqual([...referenceTypes]);
    for (const [type, id] of Object.entries(ids)) {
      const found = (await options(type)).find((each) => each.id === id);
      expect(found?.label, type).toBeTruthy();
    }
  });

  test.for([...referenceTypes])('S-127 of type %s hold nothing of another tenant', async (type) => {
    const mine = new Set((await options(type)).map(({ id }) => id));
    const theirs = (await options(type, '', foreign)).map(({ id }) => id);
    expect(mine.size).toBeGreaterThan(0);
    expect(theirs.filter((id) => mine.has(id))).toEqual([]);
  });

  test('S-043 are at most 100, by name', async () => {
    const many = await manyClients(150);
    const found = await options('client', 'acme', many);
    const labels = found.map(({ label }) => label);
    expect(labels).toHaveLength(100);
    expect(labels.slice(0, 3)).toEqual(['Acme 1', 'Acme 10', 'Acme 100']);
  });

  test('S-043 are narrowed by a part of the label in any case, taken literally', async () => {
    const many = await manyClients(120);
    expect(await options('client', 'ME 99', many)).toMatchObject([{ label: 'Acme 99' }]);
    for (const nothing of ['%', '_', 'x\0y', "'"]) {
      expect(await options('client', nothing, many), nothing).toEqual([]);
    }
  });

  test('S-043 say what an entity belongs to, and are found by that', async () => {
    const [status] = await options('ticket_status', 'other board / new');
    expect(status).toEqual({ id: desk.otherBoard.statusId, label: 'Other board / New' });
  });

  test('S-043 leave out users who may no longer sign in', async () => {
    const { id } = await stack.factory.user(tenant);
    const isOffered = async () => (await options('user')).some((user) => user.id === id);
    expect(await isOffered()).toBe(true);
    await stack.database.admin.query('update users set is_active = false where id = $1', [id]);
    expect(await isOffered()).toBe(false);
  });

  test('S-135 of an unknown kind are refused, 400', async () => {
    const answer = await api.get('/inbound-webhooks/references/secret');
    expect(answer).toMatchObject({ status: 400, body: { code: 'validation_failed' } });
  });

  test('S-126 need the permission to read hooks, 403', async () => {
    const { token } = await stack.factory.user(tenant, { permissions: [] });
    const answer = await apiAs(stack.gateway.url, token).get('/inbound-webhooks/references/client');
    expect(answer).toMatchObject({ status: 403, body: { code: 'permission_missing' } });
  });

  test('S-043 of a tenant with 100,000 contacts are read in the order of an index', async () => {
    const owner = await stack.factory.tenant();
    await stack.database.admin.query(
      `insert into contacts (tenant_id, id, client_id, full_name, email)
       select $1, gen_random_uuid(), $2, 'Person ' || n, 'p' || n || '@example.test'
       from generate_series(1, 100000) n`,
      [owner.id, owner.desk.clientId],
    );
    await stack.database.admin.query('analyze contacts');
    const caller = apiAs(stack.gateway.url, (await stack.factory.user(owner)).token);
    expect(await options('contact', '', caller)).toHaveLength(100);
    const { rows } = await stack.database.admin.query<{ 'QUERY PLAN': string }>(
      `explain select c.id from contacts c where c.tenant_id = '${owner.id}'
       order by lower(c.full_name), c.id limit 100`,
    );
    const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
    expect(plan).toContain('contacts_by_name');
    expect(plan).not.toContain('Sort');
  });
});
