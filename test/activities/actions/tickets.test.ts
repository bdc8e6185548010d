import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  makeActionBench,
  times,
  type ActionBench,
  type DeskHook,
} from '../../support/action-bench.ts';
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

describe('createTicket', () => {
  test('S-024 stores every field, its mapping, its affected asset and its event', async () => {
    const { desk } = hook;
    const outcome = await create('all', {
      description: 'Three percent left',
      due_date: '2030-01-02T03:04:05+01:00',
      status_id: desk.statusIds.closed,
      assigned_to: desk.userId,
      assigned_team_id: desk.teamId,
      category_id: desk.categoryId,
      subcategory_id: desk.subcategoryId,
      contact_id: desk.contactId,
      location_id: desk.locationId,
      asset_id: desk.assetId,
      attributes: { rack: 4, webhook_slug: 'forged' },
    });
    const stored = await ticket('all');
    expect(stored).toMatchObject({
      id: outcome.status === 'dispatched' && outcome.entityId,
      description: 'Three percent left',
      due_date: new Date('2030-01-02T02:04:05Z'),
      status_id: desk.statusIds.closed,
      assigned_to: desk.userId,
      assigned_team_id: desk.teamId,
      subcategory_id: desk.subcategoryId,
      contact_id: desk.contactId,
      location_id: desk.locationId,
      attributes: { rack: 4, webhook_slug: hook.slug, delivery_id: expect.any(String) },
      source: 'webhook',
      origin: 'api',
    });
    const assets = await bench.rows(
      hook,
      'select asset_id, relation from ticket_assets where tenant_id = $1 and ticket_id = $2',
      [stored?.['id']],
    );
    expect(assets).toEqual([{ asset_id: desk.assetId, relation: 'affected' }]);
    expect((await bench.events(hook)).at(-1)).toMatchObject({
      type: 'ticket.created',
      object_id: stored?.['id'],
      data: { statusId: desk.statusIds.closed, clientId: desk.clientId },
    });
  });

  test('S-024 without a status takes the first open one of its board', async () => {
    await create('default-status');
    expect(await ticket('default-status')).toMatchObject({ status_id: hook.desk.statusIds.open });
  });

  test('S-024 refuses an external id that stands for a ticket, and writes nothing', async () => {
    await create('taken');
    const before = await bench.rows(hook, 'select id from tickets where tenant_id = $1');
    const outcome = await create('taken');
    expect(outcome).toMatchObject({ code: 'VALIDATION_ERROR', field: 'external_id' });
    expect(await bench.rows(hook, 'select id from tickets where tenant_id = $1')).toEqual(before);
  });

  test('S-024 numbers concurrent tickets without a clash', async () => {
    const own = await bench.hook();
    const outcomes = await bench.runAll(own, 'createTicket', times(8, leastTicket(own.desk)));
    const numbers = outcomes.map(
      (outcome) => outcome.status === 'dispatched' && outcome.metadata?.['ticket_number'],
    );
    expect(new Set(numbers)).toEqual(new Set([1, 2, 3, 4, 5, 6, 7, 8]));
  });

  test.for([
    ['a due date that no calendar has', { due_date: '2030-02-30' }, 'due_date'],
    ['attributes that are a list', { attributes: [1, 2] }, 'attributes'],
    ['a title of 501 characters', { title: 'x'.repeat(501) }, 'title'],
  ] as const)('S-023 refuses %s', async ([, fields, field]) => {
    const outcome = await bench.run(hook, 'createTicket', { ...leastTicket(hook.desk), ...fields });
    expect(outcome).toMatchObject({ code: 'VALIDATION_ERROR', field });
  });

  test('S-024 refuses a subcategory without its category', async () => {
    const outcome = await create('sub', { subcategory_id: hook.desk.subcategoryId });
    expect(outcome).toMatchObject({ code: 'VALIDATION_ERROR', field: 'subcategory_id' });
    expect(await ticket('sub')).toBeUndefined();
  });
});
