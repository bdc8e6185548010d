import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeActionBench, type ActionBench, type DeskHook } from '../../support/action-bench.ts';
import { leastTicket } from '../../support/desk.ts';

let bench: ActionBench;
let hook: DeskHook;

beforeAll(async () => {
  bench = await makeActionBench();
  hook = await bench.hook();
});
afterAll(() => bench.close());

const ticket = async (externalId: string) => {
  const [row] = await bench.rows(
    hook,
    `select t.* from tickets t join external_entity_mappings m
       on m.tenant_id = t.tenant_id and m.entity_id = t.id and m.entity_type = 'ticket'
     where t.tenant_id = $1 and m.hook_slug = $2 and m.external_id = $3`,
    [hook.slug, externalId],
  );
  return row;
};

const create = (externalId: string, more: object = {}) =>
  bench.run(hook, 'createTicket', { ...leastTicket(hook.desk), external_id: externalId, ...more });

describe('updateTicketByExternalId', () => {
  const update = (externalId: string, fields: object) =>
    bench.run(hook, 'updateTicketByExternalId', { external_id: externalId, ...fields });

  test('S-025 changes the mapped fields, reports them, and leaves the others', async () => {
    await create('update', { description: 'kept', assigned_to: hook.desk.userId });
    const { updated_at: _, ...before } = (await ticket('update')) ?? {};
    const outcome = await update('update', {
      title: 'New title',
      status_id: hook.desk.statusIds.closed,
    });
    expect(outcome).toMatchObject({ metadata: { updated_fields: ['title', 'status_id'] } });
    expect(await ticket('update')).toMatchObject({
      ...before,
      title: 'New title',
      status_id: hook.desk.statusIds.closed,
      status: 'resolved',
      resolved_at: expect.any(Date),
    });
    expect((await bench.events(hook)).at(-1)).toMatchObject({
      type: 'ticket.updated',
      data: {
        channel: 'support_ticket',
        status: 'resolved',
        priority: 'high',
        assigneeId: hook.desk.userId,
        updatedFields: ['title', 'status_id'],
        statusId: hook.desk.statusIds.closed,
        priorityId: hook.desk.priorityId,
      },
    });
  });

  test('S-025 sets every field that it takes', async () => {
    await create('update-all');
    const { desk } = hook;
    const fields = {
      title: 'All',
      board_id: desk.otherBoard.boardId,
      status_id: desk.otherBoard.statusId,
      assigned_to: desk.userId,
      assigned_team_id: desk.teamId,
      category_id: desk.categoryId,
      subcategory_id: desk.subcategoryId,
      contact_id: desk.contactId,
      location_id: desk.locationId,
    };
    await update('update-all', { ...fields, due_date: '2030-01-02' });
    expect(await ticket('update-all')).toMatchObject({
      ...fields,
      due_date: new Date('2030-01-02T00:00:00Z'),
    });
  });

  test('S-025 merges attributes and keeps where the ticket came from', async () => {
    await create('attributes', { attributes: { a: 1, b: 1 } });
    const before = (await ticket('attributes'))?.['attributes'];
    await update('attributes', { attributes: { b: 2, delivery_id: 'forged' } });
    const after = (await ticket('attributes'))?.['attributes'];
    expect(before).toMatchObject({ a: 1, b: 1, webhook_slug: hook.slug });
    expect(after).toEqual({ ...(before as object), b: 2 });
  });

  test('S-025 with the external id alone writes nothing', async () => {
    await create('nothing');
    const before = await ticket('nothing');
    const events = await bench.events(hook);
    const outcome = await update('nothing', {});
    expect(outcome).toMatchObject({ status: 'dispatched', metadata: { updated_fields: [] } });
    expect(await ticket('nothing')).toEqual(before);
    expect(await bench.events(hook)).toEqual(events);
  });

  test('S-025 refuses a status of another board, naming the field that was mapped', async () => {
    await create('boards');
    const before = await ticket('boards');
    const { boardId, statusId } = hook.desk.otherBoard;
    expect(await update('boards', { status_id: statusId })).toMatchObject({ field: 'status_id' });
    expect(await update('boards', { board_id: boardId })).toMatchObject({ field: 'board_id' });
    expect(await ticket('boards')).toEqual(before);
  });

  test('S-025 refuses a subcategory of another category, and the reverse', async () => {
    const { desk } = hook;
    const { categoryId: category_id, subcategoryId: subcategory_id } = desk;
    await create('categories', { category_id, subcategory_id });
    const { otherCategory } = desk;
    expect(
      await update('categories', { subcategory_id: otherCategory.subcategoryId }),
    ).toMatchObject({ code: 'VALIDATION_ERROR', field: 'subcategory_id' });
    expect(await update('categories', { category_id: otherCategory.categoryId })).toMatchObject({
      code: 'VALIDATION_ERROR',
      field: 'category_id',
    });
  });
});

describe('changeTicketStatusByExternalId', () => {
  const change = (externalId: string, fields: object) =>
    bench.run(hook, 'changeTicketStatusByExternalId', { external_id: externalId, ...fields });

  test('S-025 sets a status of the board of the ticket', async () => {
    await create('status');
    const outcome = await change('status', { status_id: hook.desk.statusIds.closed });
    expect(outcome).toMatchObject({ metadata: { status_changed: true } });
    expect(await ticket('status')).toMatchObject({ status_id: hook.desk.statusIds.closed });
  });

  test('S-025 with a board moves the ticket to it', async () => {
    await create('move');
    const { boardId, statusId } = hook.desk.otherBoard;
    await change('move', { status_id: statusId, board_id: boardId });
    expect(await ticket('move')).toMatchObject({ board_id: boardId, status_id: statusId });
  });

  test('S-025 fails for a status of another board, and changes nothing', async () => {
    await create('invalid');
    const before = await ticket('invalid');
    const outcome = await change('invalid', { status_id: hook.desk.otherBoard.statusId });
    expect(outcome).toMatchObject({ code: 'VALIDATION_ERROR', field: 'status_id' });
    expect(await ticket('invalid')).toEqual(before);
  });

  test('S-025 requires a status', async () => {
    await create('required');
    expect(await change('required', {})).toMatchObject({
      code: 'mapping_failed',
      field: 'status_id',
    });
  });

  test('leaves a ticket alone that has the status', async () => {
    await create('same');
    const before = await ticket('same');
    const events = await bench.events(hook);
    const outcome = await change('same', { status_id: hook.desk.statusIds.open });
    expect(outcome).toMatchObject({ metadata: { status_changed: false } });
    expect(await ticket('same')).toEqual(before);
    expect(await bench.events(hook)).toEqual(events);
  });
});
