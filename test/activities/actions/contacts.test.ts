import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  makeActionBench,
  times,
  type ActionBench,
  type DeskHook,
} from '../../support/action-bench.ts';

let bench: ActionBench;
let hook: DeskHook;

beforeAll(async () => {
  bench = await makeActionBench();
  hook = await bench.hook();
});
afterAll(() => bench.close());

const upsert = (externalId: string, fields: object = {}) =>
  bench.run(hook, 'upsertContactByExternalId', {
    external_id: externalId,
    full_name: 'Ada',
    email: `${externalId}@example.com`,
    ...fields,
  });

const contact = async (externalId: string) => {
  const [row] = await bench.rows(
    hook,
    `select c.* from contacts c join external_entity_mappings m
       on m.tenant_id = c.tenant_id and m.entity_id = c.id and m.entity_type = 'contact'
     where c.tenant_id = $1 and m.hook_slug = $2 and m.external_id = $3`,
    [hook.slug, externalId],
  );
  return row;
};

describe('upsertContactByExternalId', () => {
  test('S-028 creates a contact of a client, with every field', async () => {
    const fields = { role: 'Owner', notes: 'Calls early', phone: '+1 555 0101', is_inactive: true };
    const outcome = await upsert('full', { ...fields, client_id: hook.desk.clientId });
    const stored = await contact('full');
    expect(stored).toMatchObject({ ...fields, full_name: 'Ada', client_id: hook.desk.clientId });
    expect(outcome).toMatchObject({ entityId: stored?.['id'], metadata: { created: true } });
    expect((await bench.events(hook)).at(-1)).toMatchObject({
      type: 'contact.created',
      object_id: stored?.['id'],
      data: { clientId: hook.desk.clientId },
    });
  });

  test('S-028 takes the client by an external id of the hook', async () => {
    await bench.tie(hook, 'client', 'acme', hook.desk.clientId);
    await upsert('by-external', { client_external_id: 'acme' });
    expect(await contact('by-external')).toMatchObject({ client_id: hook.desk.clientId });
  });

  test('S-028 refuses a new contact without a client', async () => {
    expect(await upsert('no-client')).toMatchObject({
      code: 'VALIDATION_ERROR',
      field: 'client_id',
    });
    expect(await contact('no-client')).toBeUndefined();
  });

  test('S-028 fails with a lookup miss when the client is not known to the hook', async () => {
    const outcome = await upsert('lost', { client_external_id: 'nobody' });
    expect(outcome).toMatchObject({ code: 'LOOKUP_MISS', field: 'client_external_id' });
    expect(await contact('lost')).toBeUndefined();
  });

  test.for([['full_name'], ['email']] as const)('S-028 requires %s', async ([field]) => {
    const outcome = await upsert('required', { client_id: hook.desk.clientId, [field]: '' });
    expect(outcome).toMatchObject({ code: 'mapping_failed', field });
  });

  test('S-028 an update needs no client and leaves unmapped fields', async () => {
    const kept = { role: 'Owner', notes: 'n', phone: '1', is_inactive: true };
    await upsert('kept', { ...kept, client_id: hook.desk.clientId });
    const outcome = await upsert('kept', { full_name: 'Ada L.', email: 'ada@example.com' });
    expect(outcome).toMatchObject({ metadata: { created: false } });
    expect(await contact('kept')).toMatchObject({
      ...kept,
      full_name: 'Ada L.',
      email: 'ada@example.com',
      client_id: hook.desk.clientId,
    });
    expect((await bench.events(hook)).at(-1)).toMatchObject({ type: 'contact.updated' });
  });

  test('S-028 refuses an address of another contact, whatever its case, and what is no address', async () => {
    await upsert('first', { client_id: hook.desk.clientId, email: 'same@example.com' });
    const taken = await upsert('second', {
      client_id: hook.desk.clientId,
      email: 'SAME@example.com',
    });
    expect(taken).toMatchObject({ code: 'VALIDATION_ERROR', field: 'email' });
    expect(await contact('second')).toBeUndefined();
    const none = await upsert('third', { client_id: hook.desk.clientId, email: 'none' });
    expect(none).toMatchObject({ code: 'VALIDATION_ERROR', field: 'email' });
  });

  test('S-028 concurrent deliveries with one external id make one contact', async () => {
    const body = {
      external_id: 'race',
      full_name: 'Race',
      email: 'race@example.com',
      client_id: hook.desk.clientId,
    };
    const outcomes = await bench.runAll(hook, 'upsertContactByExternalId', times(6, body));
    const ids = outcomes.map((o) => o.status === 'dispatched' && o.entityId);
    expect(new Set(ids)).toEqual(new Set([(await contact('race'))?.['id']]));
  });
});
