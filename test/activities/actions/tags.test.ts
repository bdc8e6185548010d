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
  const { desk } = hook;
  await bench.tie(hook, 'client', 'x-1', desk.clientId);
  await bench.tie(hook, 'contact', 'x-1', desk.contactId);
  await bench.tie(hook, 'project', 'x-1', desk.project.id);
  await bench.tie(hook, 'project_task', 'x-1', desk.taskId);
  await bench.run(hook, 'createTicket', {
    ...leastTicket(desk),
    external_id: 'x-1',
  });
});
afterAll(() => bench.close());

const add = (tagText: string, fields: object = {}) =>
  bench.run(hook, 'addTagToEntityByExternalId', {
    entity_type: 'client',
    external_id: 'x-1',
    tag_text: tagText,
    ...fields,
  });

const links = (tagText: string) =>
  bench.rows(
    hook,
    `select t.id, t.text, t.background_color, t.text_color, l.entity_type, l.entity_id, l.created_by
     from tags t join tag_links l on l.tenant_id = t.tenant_id and l.tag_id = t.id
     where t.tenant_id = $1 and lower(t.text) = lower($2)`,
    [tagText],
  );

describe('addTagToEntityByExternalId', () => {
  test.for([['client'], ['contact'], ['ticket'], ['project'], ['project_task']] as const)(
    'S-033 tags a %s',
    async ([entity_type]) => {
      const outcome = await add(`of ${entity_type}`, { entity_type });
      const [link] = await links(`of ${entity_type}`);
      expect(link).toMatchObject({ entity_type });
      expect(outcome).toMatchObject({
        entityType: 'tag',
        entityId: link?.['id'],
        metadata: { created: true, entity_type, entity_id: link?.['entity_id'] },
      });
      expect((await bench.events(hook)).at(-1)).toMatchObject({
        type: 'tag.added',
        object_type: entity_type,
        object_id: link?.['entity_id'],
        data: { tagId: link?.['id'] },
      });
    },
  );

  test('S-033 trims the text, and stores the colours and who tagged', async () => {
    const created_by = hook.desk.userId;
    await add('  trimmed ', { background_color: '#fff', text_color: 'black', created_by });
    expect(await links('trimmed')).toMatchObject([
      { text: 'trimmed', background_color: '#fff', text_color: 'black', created_by },
    ]);
  });

  test('S-033 is a success without a write when the tag is there already, whatever its case', async () => {
    await add('Twice');
    const before = await links('twice');
    const events = await bench.events(hook);
    const outcome = await add('twice', { background_color: 'red', created_by: hook.desk.userId });
    expect(outcome).toMatchObject({ status: 'dispatched', metadata: { created: false } });
    expect(await links('twice')).toEqual(before);
    expect(await bench.events(hook)).toEqual(events);
  });

  test('S-033 added concurrently is one tag and one link', async () => {
    const body = { entity_type: 'client', external_id: 'x-1', tag_text: 'raced' };
    const outcomes = await bench.runAll(hook, 'addTagToEntityByExternalId', times(8, body));
    const created = outcomes.filter((o) => o.status === 'dispatched' && o.metadata?.['created']);
    expect(created).toHaveLength(1);
    expect(await links('raced')).toHaveLength(1);
  });

  test('S-033 takes 50 characters, counted as such, and refuses 51 and blanks', async () => {
    expect(await add('🔥'.repeat(50))).toMatchObject({ status: 'dispatched' });
    for (const text of ['x'.repeat(51), '   ']) {
      expect(await add(text)).toMatchObject({ code: 'VALIDATION_ERROR', field: 'tag_text' });
    }
  });

  test('S-033 refuses an entity type that has no tags', async () => {
    expect(await add('asset', { entity_type: 'asset' })).toMatchObject({
      code: 'mapping_failed',
      field: 'entity_type',
    });
  });
});
