import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { listActions, makeActionRegistry } from '../../../activities/actions/registry.ts';
import {
  makeActionBench,
  type ActionBench,
  type DeskHook,
  type Fields,
} from '../../support/action-bench.ts';
import { leastTicket } from '../../support/desk.ts';

/*
 * Goal: no reference of any action reaches into another tenant, and none that names nothing is
 * stored. Method: for every reference of the catalogue, run its action with fields that are otherwise
 * valid, and put another tenant's id, an unknown id or no id at all there. The tables are built from
 * the catalogue, so a reference that is added later is covered when its action has valid fields here.
 */
let bench: ActionBench;
let mine: DeskHook;
let theirs: DeskHook;

beforeAll(async () => {
  bench = await makeActionBench();
  mine = await prepared('mine');
  theirs = await prepared('theirs');
});
afterAll(() => bench.close());

/** A hook that knows one entity of each type, under external ids that begin with a name. */
async function prepared(name: string): Promise<DeskHook> {
  const hook = await bench.hook();
  const { desk } = hook;
  const entities = {
    client: desk.clientId,
    contact: desk.contactId,
    project: desk.project.id,
    project_task: desk.taskId,
    invoice: desk.invoiceId,
    asset: desk.assetId,
  };
  for (const [entityType, id] of Object.entries(entities)) {
    await bench.tie(hook, entityType, `${name}-${entityType}`, id);
  }
  const { asset_id: _, ...ticket } = validFields(hook, name)['createTicket'] as Fields;
  await bench.run(hook, 'createTicket', { ...ticket, external_id: `${name}-ticket` });
  return hook;
}

/** Fields that each action with a reference or an external id accepts. */
function validFields({ desk }: DeskHook, name = 'mine'): Readonly<Record<string, Fields>> {
  const ticket = {
    ...leastTicket(desk),
    status_id: desk.statusIds.open,
    assigned_to: desk.userId,
    assigned_team_id: desk.teamId,
    category_id: desk.categoryId,
    subcategory_id: desk.subcategoryId,
    contact_id: desk.contactId,
    location_id: desk.locationId,
  };
  const external = (entityType: string) => ({ external_id: `${name}-${entityType}` });
  const status = { status_id: desk.statusIds.open, board_id: desk.boardId };
  return {
    createTicket: { ...ticket, asset_id: desk.assetId },
    updateTicketByExternalId: { ...ticket, ...external('ticket') },
    addTicketCommentByExternalId: { content: 'Valid', ...external('ticket') },
    changeTicketStatusByExternalId: { ...status, ...external('ticket') },
    upsertClientByExternalId: { client_name: 'Valid', ...external('client') },
    setClientActiveByExternalId: { active: true, ...external('client') },
    upsertContactByExternalId: {
      full_name: 'Valid',
      email: 'valid@example.com',
      client_id: desk.clientId,
      ...external('contact'),
    },
    upsertAssetByExternalId: { client_id: desk.clientId, ...external('asset') },
    markInvoicePaidByExternalId: external('invoice'),
    updateInvoiceStatusByExternalId: { status: 'sent', ...external('invoice') },
    createTimeEntry: {
      user_id: desk.userId,
      service_id: desk.serviceId,
      work_item_type: 'project_task',
      work_item_id: desk.taskId,
      start_time: '2020-01-15T09:00:00Z',
      duration_minutes: 5,
    },
    createProjectTask: {
      task_name: 'Valid',
      project_id: desk.project.id,
      phase_id: desk.project.phaseIds[0],
      project_status_mapping_id: desk.project.statusIds[0],
      assigned_to: desk.userId,
      priority_id: desk.priorityId,
      service_id: desk.serviceId,
    },
    updateProjectTaskStatusByExternalId: {
      project_status_mapping_id: desk.project.statusIds[0],
      ...external('project_task'),
    },
    addTagToEntityByExternalId: {
      entity_type: 'ticket',
      // A new one each time: a tag that is there already is not looked at any further.
      tag_text: randomUUID(),
      created_by: desk.userId,
      ...external('ticket'),
    },
  };
}

const actions = listActions(makeActionRegistry());
const references = actions.flatMap(({ name, targetFields }) =>
  targetFields.filter(({ type }) => type === 'ref').map((field) => [name, field.name] as const),
);

/** What the foreign desk has where the valid fields have nothing. */
const foreignOnly = (field: string): unknown =>
  ({ author_id: theirs.desk.userId, contact_id: theirs.desk.contactId })[field];

/** Everything that an action could write, as counts and last changes by table. */
async function contents(hook: DeskHook): Promise<Fields[]> {
  const tables = [
    'assets',
    'clients',
    'contacts',
    'events',
    'external_entity_mappings',
    'project_tasks',
    'tag_links',
    'tags',
    'ticket_assets',
    'ticket_comments',
    'tickets',
    'time_entries',
    'time_sheets',
  ];
  const counts = tables.map(
    (table) => `select '${table}' as name, md5(string_agg(t::text, '' order by t::text)) as hash
      from ${table} t where tenant_id = $1`,
  );
  return bench.rows(hook, counts.join(' union all '));
}

describe('every reference', () => {
  test('S-022 belongs to an action that has valid fields here', async () => {
    const refused: string[] = [];
    for (const { name } of actions) {
      const { status } = await bench.run(mine, name, validFields(mine)[name] ?? {});
      if (status === 'failed') refused.push(name);
    }
    expect(refused).toEqual([]);
  });

  test.for(references)(
    'S-117 %s.%s of another tenant is refused, naming the field, and nothing is written',
    async ([action, field]) => {
      const foreign = validFields(theirs)[action]?.[field] ?? foreignOnly(field);
      expect(foreign).toBeTypeOf('string');
      const before = await Promise.all([contents(mine), contents(theirs)]);
      const outcome = await bench.run(mine, action, {
        ...validFields(mine)[action],
        [field]: foreign,
      });
      expect(outcome).toMatchObject({ code: 'VALIDATION_ERROR', field });
      expect(await Promise.all([contents(mine), contents(theirs)])).toEqual(before);
    },
  );

  test.for(references)('S-034 %s.%s that names nothing is refused', async ([action, field]) => {
    for (const id of [randomUUID(), 'not-an-id']) {
      const outcome = await bench.run(mine, action, { ...validFields(mine)[action], [field]: id });
      expect(outcome).toMatchObject({ code: 'VALIDATION_ERROR', field });
    }
  });
});

describe('every look-up', () => {
  const lookUps = actions.filter(
    ({ name, targetFields }) =>
      !name.startsWith('upsert') &&
      targetFields.some((field) => field.name === 'external_id' && field.required),
  );

  test.for(lookUps.map(({ name, entityType }) => [name, entityType] as const))(
    'S-034 %s misses an id that only another hook or tenant knows, naming type, id and hook',
    async ([action, entityType]) => {
      const type = entityType === 'tag' ? 'ticket' : entityType;
      const sibling = await bench.siblingHook(mine);
      const elsewhere = [
        [sibling, `mine-${type}`],
        [mine, `theirs-${type}`],
      ] as const;
      for (const [hook, external_id] of elsewhere) {
        const fields = { ...validFields(mine)[action], external_id };
        const outcome = await bench.run(hook, action, fields);
        expect(outcome).toMatchObject({ code: 'LOOKUP_MISS', field: 'external_id' });
        const { message } = outcome as { message: string };
        for (const part of [type, external_id, hook.slug]) expect(message).toContain(part);
      }
    },
  );
});
