import { randomUUID } from 'node:crypto';
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

const upsert = (through: DeskHook, externalId: string) =>
  bench.run(through, 'upsertClientByExternalId', { external_id: externalId, client_name: 'Acme' });

const idOf = (outcome: object) => ('entityId' in outcome ? outcome.entityId : undefined);

const mappings = (entityId: unknown) =>
  bench.rows(
    hook,
    `select external_id from external_entity_mappings where tenant_id = $1 and entity_id = $2`,
    [entityId],
  );

describe('an external id', () => {
  test('S-034 stands for different entities at different hooks', async () => {
    const sibling = await bench.siblingHook(hook);
    const [here, there] = [await upsert(hook, 'same'), await upsert(sibling, 'same')];
    expect(idOf(here)).not.toBe(idOf(there));
  });

  test('S-034 stands for different entities of different types', async () => {
    const client = await upsert(hook, 'typed');
    const asset = await bench.run(hook, 'upsertAssetByExternalId', { external_id: 'typed' });
    expect(idOf(asset)).not.toBe(idOf(client));
  });

  test('S-034 is refused when a creation that uses it is refused, and free for the next', async () => {
    const contact = { external_id: 'free', full_name: 'Ada', email: 'free@example.com' };
    expect(await bench.run(hook, 'upsertContactByExternalId', contact)).toMatchObject({
      field: 'client_id',
    });
    const retried = { ...contact, client_id: hook.desk.clientId };
    expect(await bench.run(hook, 'upsertContactByExternalId', retried)).toMatchObject({
      metadata: { created: true },
    });
  });

  test('S-034 used by concurrent creations is tied to one entity; the others are refused', async () => {
    const ticket = { ...leastTicket(hook.desk), title: 'Race', external_id: 'raced' };
    const outcomes = await bench.runAll(hook, 'createTicket', times(8, ticket));
    const refusal = { code: 'VALIDATION_ERROR', field: 'external_id' };
    expect(outcomes.filter(({ status }) => status === 'dispatched')).toHaveLength(1);
    expect(outcomes.filter(({ status }) => status === 'failed')).toMatchObject(times(7, refusal));
    const raced = `select id from tickets where tenant_id = $1 and title = 'Race'`;
    expect(await bench.rows(hook, raced)).toHaveLength(1);
  });

  test('S-034 of 500 characters is taken, and one more is refused', async () => {
    expect(await upsert(hook, 'x'.repeat(500))).toMatchObject({ status: 'dispatched' });
    expect(await upsert(hook, 'x'.repeat(501))).toMatchObject({
      code: 'VALIDATION_ERROR',
      field: 'external_id',
    });
  });

  test('S-034 and the tags go with the entity that is deleted', async () => {
    const id = idOf(await upsert(hook, 'deleted'));
    await bench.run(hook, 'addTagToEntityByExternalId', {
      entity_type: 'client',
      external_id: 'deleted',
      tag_text: 'gone',
    });
    await bench.rows(hook, 'delete from clients where tenant_id = $1 and id = $2', [id]);
    expect(await mappings(id)).toEqual([]);
    const links = 'select from tag_links where tenant_id = $1 and entity_id = $2';
    expect(await bench.rows(hook, links, [id])).toEqual([]);
    expect(await upsert(hook, 'deleted')).toMatchObject({ metadata: { created: true } });
  });

  test('S-034 cannot be the second one of an entity at the same hook', async () => {
    const id = randomUUID();
    await bench.tie(hook, 'client', 'first', id);
    await expect(bench.tie(hook, 'client', 'second', id)).rejects.toThrow(/unique/);
    expect(await mappings(id)).toEqual([{ external_id: 'first' }]);
  });
});
