import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  makeActionBench,
  times,
  type ActionBench,
  type DeskHook,
} from '../../support/action-bench.ts';
import { eventually } from '../../support/eventually.ts';
import type { TestHook } from '../../support/factory.ts';

let bench: ActionBench;
let hook: DeskHook;

beforeAll(async () => {
  bench = await makeActionBench();
  hook = await bench.hook();
});
afterAll(() => bench.close());

const upsert = (externalId: string, fields: object = {}, through: TestHook = hook) =>
  bench.run(through, 'upsertAssetByExternalId', { external_id: externalId, ...fields });

const asset = async (externalId: string, through: TestHook = hook) => {
  const [row] = await bench.rows(
    hook,
    `select a.* from assets a join external_entity_mappings m
       on m.tenant_id = a.tenant_id and m.entity_id = a.id and m.entity_type = 'asset'
     where a.tenant_id = $1 and m.hook_slug = $2 and m.external_id = $3`,
    [through.slug, externalId],
  );
  return row;
};

const devices = (deviceId: string) =>
  bench.rows(
    hook,
    'select provider, asset_id, snapshot from rmm_devices where tenant_id = $1 and device_id = $2',
    [deviceId],
  );

const everyField = {
  asset_type: 'server',
  name: 'db-1',
  asset_tag: 'T-1',
  serial_number: 'S-1',
  status: 'retired',
  location: 'Rack 4',
  external_scope_id: 'site-1',
};

describe('upsertAssetByExternalId without a snapshot', () => {
  test('S-029 creates an unknown, active asset that is named by its external id', async () => {
    const outcome = await upsert('plain');
    const stored = await asset('plain');
    expect(stored).toMatchObject({ asset_type: 'unknown', status: 'active', name: 'plain' });
    expect(outcome).toMatchObject({ entityId: stored?.['id'], metadata: { created: true } });
    expect((await bench.events(hook)).at(-1)).toMatchObject({
      type: 'asset.created',
      object_id: stored?.['id'],
      data: { clientId: null },
    });
  });

  test('S-029 stores every field and leaves unmapped ones on an update', async () => {
    await bench.tie(hook, 'client', 'owner', hook.desk.clientId);
    await upsert('kept', { ...everyField, client_external_id: 'owner' });
    const expected = { ...everyField, client_id: hook.desk.clientId };
    expect(await asset('kept')).toMatchObject(expected);
    const outcome = await upsert('kept', { location: 'Rack 5' });
    expect(outcome).toMatchObject({ metadata: { created: false } });
    expect(await asset('kept')).toMatchObject({ ...expected, location: 'Rack 5' });
    expect((await bench.events(hook)).at(-1)).toMatchObject({
      type: 'asset.updated',
      data: { clientId: hook.desk.clientId },
    });
  });

  test('S-029 an update sets every field', async () => {
    await upsert('updated');
    await upsert('updated', { ...everyField, client_id: hook.desk.clientId });
    expect(await asset('updated')).toMatchObject({
      ...everyField,
      client_id: hook.desk.clientId,
    });
  });

  test('S-029 concurrent deliveries with one external id make one asset', async () => {
    const body = { external_id: 'race', name: 'Race' };
    await bench.runAll(hook, 'upsertAssetByExternalId', times(6, body));
    const named = `select id from assets where tenant_id = $1 and name = 'Race'`;
    expect(await bench.rows(hook, named)).toHaveLength(1);
  });
});

describe('upsertAssetByExternalId with a snapshot', () => {
  test('S-029 takes the device in: one asset, described by the snapshot, which is kept', async () => {
    const snapshot = {
      provider: 'ninjaone',
      device_id: 17,
      name: 'web-1',
      serial_number: 'SN-17',
      disks: [{ free: 3 }],
    };
    await upsert('rmm', { rmm_snapshot: snapshot });
    const stored = await asset('rmm');
    expect(stored).toMatchObject({ name: 'web-1', serial_number: 'SN-17' });
    expect(await devices('17')).toEqual([
      { provider: 'ninjaone', asset_id: stored?.['id'], snapshot },
    ]);
  });

  test('S-029 a later snapshot replaces the earlier and resets nothing', async () => {
    const snapshot = { provider: 'datto', name: 'reported', serial_number: 'reported' };
    await upsert('later', { rmm_snapshot: snapshot, ...everyField, client_id: hook.desk.clientId });
    const before = await asset('later');
    expect(before).toMatchObject(everyField);
    const next = { ...snapshot, cpu: 80 };
    const outcome = await upsert('later', { rmm_snapshot: next });
    expect(outcome).toMatchObject({ metadata: { created: false } });
    expect(await asset('later')).toEqual({ ...before, updated_at: expect.any(Date) });
    expect(await devices('later')).toMatchObject([{ snapshot: next }]);
  });

  test('S-029 a device that another hook reported is the same asset', async () => {
    const sibling = await bench.siblingHook(hook);
    const rmm_snapshot = { provider: 'tanium', device_id: 'shared' };
    await upsert('here', { rmm_snapshot });
    const outcome = await upsert('there', { rmm_snapshot }, sibling);
    expect(outcome).toMatchObject({ metadata: { created: false } });
    expect(await asset('there', sibling)).toMatchObject({ id: (await asset('here'))?.['id'] });
  });

  test('S-029 an asset without a device gets the one that is reported under its external id', async () => {
    await upsert('adopt');
    await upsert('adopt', { rmm_snapshot: { provider: 'huntress' } });
    expect(await devices('adopt')).toMatchObject([{ asset_id: (await asset('adopt'))?.['id'] }]);
  });

  test('S-029 refuses a device that is another asset, or has another external id, of the hook', async () => {
    const rmm_snapshot = { provider: 'levelio', device_id: 'taken' };
    await upsert('owner-of-device', { rmm_snapshot });
    await upsert('someone-else');
    expect(await upsert('someone-else', { rmm_snapshot })).toMatchObject({
      code: 'VALIDATION_ERROR',
      field: 'rmm_snapshot',
    });
    expect(await upsert('second-name', { rmm_snapshot })).toMatchObject({
      code: 'VALIDATION_ERROR',
      field: 'external_id',
    });
    expect(await asset('second-name')).toBeUndefined();
  });

  test.for([
    ['of an unknown provider', { provider: 'acme' }],
    ['without a provider', { device_id: '1' }],
    ['with a device id of 501 characters', { provider: 'datto', device_id: 'x'.repeat(501) }],
  ] as const)('S-029 refuses a snapshot %s', async ([, rmm_snapshot]) => {
    const outcome = await upsert('refused', { rmm_snapshot });
    expect(outcome).toMatchObject({ code: 'VALIDATION_ERROR', field: 'rmm_snapshot' });
    expect(await asset('refused')).toBeUndefined();
  });

  test.for([
    ['ninjaone'],
    ['tacticalrmm'],
    ['tanium'],
    ['levelio'],
    ['datto'],
    ['connectwise_automate'],
    ['huntress'],
  ] as const)('S-029 takes devices of %s', async ([provider]) => {
    await upsert(`known-${provider}`, { rmm_snapshot: { provider } });
    expect(await devices(`known-${provider}`)).toMatchObject([{ provider }]);
  });

  test('S-029 a device that another delivery is taking in is its asset, at the second try', async () => {
    const body = { rmm_snapshot: { provider: 'tanium', device_id: 'raced' } };
    const client = await bench.database.admin.connect();
    await client.query('begin');
    await client.query(
      `with asset as (
         insert into assets (tenant_id, id, name, asset_type, status)
         values ($1, gen_random_uuid(), 'Raced', 'unknown', 'active') returning tenant_id, id)
       insert into rmm_devices (tenant_id, provider, device_id, asset_id, snapshot)
       select tenant_id, 'tanium', 'raced', id, '{}' from asset`,
      [hook.tenant.id],
    );
    await Promise.all([
      expect(upsert('raced', body)).rejects.toThrow('has just taken in the same device'),
      eventually(someoneWaits).then(() => client.query('commit')),
    ]);
    client.release();
    expect(await upsert('raced', body)).toMatchObject({ metadata: { created: false } });
    expect(await asset('raced')).toMatchObject({ name: 'Raced' });
  });
});

/** Fails unless a statement in this database waits for another transaction. */
async function someoneWaits(): Promise<void> {
  const { rowCount } = await bench.database.admin.query(
    `select from pg_stat_activity
     where datname = current_database() and wait_event_type = 'Lock'`,
  );
  expect(rowCount).toBeGreaterThan(0);
}
