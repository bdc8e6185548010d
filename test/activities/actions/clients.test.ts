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
  bench.run(hook, 'upsertClientByExternalId', {
    external_id: externalId,
    client_name: 'Acme',
    ...fields,
  });

const client = async (externalId: string) => {
  const [row] = await bench.rows(
    hook,
    `select c.* from clients c join external_entity_mappings m
       on m.tenant_id = c.tenant_id and m.entity_id = c.id and m.entity_type = 'client'
     where c.tenant_id = $1 and m.hook_slug = $2 and m.external_id = $3`,
    [hook.slug, externalId],
  );
  return row;
};

const everyField = {
  client_type: 'individual',
  url: 'https://acme.example',
  phone_no: '+1 555 0100',
  email: 'info@acme.example',
  address: '1 Main Street',
  address_2: 'Floor 2',
  city: 'Springfield',
  state: 'Oregon',
  zip: '97477',
  country: 'US',
  default_currency_code: 'USD',
  notes: 'Pays late',
  is_inactive: true,
  properties: { tier: 1, region: { name: 'north' } },
};

describe('upsertClientByExternalId', () => {
  test('S-027 creates a company, active, with billing profile, default contract and tax settings', async () => {
    const outcome = await upsert('new');
    const stored = await client('new');
    expect(outcome).toMatchObject({ entityId: stored?.['id'], metadata: { created: true } });
    expect(stored).toMatchObject({ name: 'Acme', client_type: 'company', is_inactive: false });
    const made = await bench.rows(
      hook,
      `select (select count(*)::integer from client_billing_profiles b
           where b.tenant_id = $1 and b.client_id = $2) as profiles,
         (select count(*)::integer from client_tax_settings s
           where s.tenant_id = $1 and s.client_id = $2) as tax_settings,
         (select count(*)::integer from client_contracts k
           where k.tenant_id = $1 and k.client_id = $2 and k.is_default) as contracts`,
      [stored?.['id']],
    );
    expect(made).toEqual([{ profiles: 1, tax_settings: 1, contracts: 1 }]);
    expect((await bench.events(hook)).at(-1)).toMatchObject({
      type: 'client.created',
      object_id: stored?.['id'],
      data: { isInactive: false },
    });
  });

  test('S-027 stores every field, on creation and on an update alike', async () => {
    await upsert('created-full', everyField);
    await upsert('updated-full');
    const outcome = await upsert('updated-full', everyField);
    expect(outcome).toMatchObject({ metadata: { created: false } });
    expect(await client('created-full')).toMatchObject(everyField);
    expect(await client('updated-full')).toMatchObject(everyField);
  });

  test('S-027 an update leaves unmapped fields and merges properties', async () => {
    await upsert('kept', everyField);
    await upsert('kept', { client_name: 'Acme Ltd', properties: { tier: 2, vip: true } });
    expect(await client('kept')).toMatchObject({
      ...everyField,
      name: 'Acme Ltd',
      properties: { tier: 2, vip: true, region: { name: 'north' } },
    });
  });

  test('S-027 an update records a status event only when the client becomes active or inactive', async () => {
    await upsert('status');
    const before = (await bench.events(hook)).length;
    await upsert('status', { is_inactive: false });
    await upsert('status', { is_inactive: true });
    await upsert('status', { is_inactive: true });
    expect((await bench.events(hook)).slice(before)).toMatchObject([
      { type: 'client.status_changed', data: { isInactive: true } },
    ]);
  });

  test('S-027 concurrent deliveries with one external id make one client', async () => {
    const bodies = Array.from({ length: 8 }, (_, index) => ({
      external_id: 'race',
      client_name: 'Race',
      properties: { [`p${index}`]: true },
    }));
    const outcomes = await bench.runAll(hook, 'upsertClientByExternalId', bodies);
    const created = outcomes.filter((o) => o.status === 'dispatched' && o.metadata?.['created']);
    expect(created).toHaveLength(1);
    expect(outcomes).toHaveLength(8);
    const named = `select properties from clients where tenant_id = $1 and name = 'Race'`;
    expect(await bench.rows(hook, named)).toEqual([
      { properties: Object.assign({}, ...bodies.map((body) => body.properties)) },
    ]);
  });

  test('S-027 takes a currency in lower case and refuses what is none', async () => {
    await upsert('currency', { default_currency_code: 'eur' });
    expect(await client('currency')).toMatchObject({ default_currency_code: 'EUR' });
    expect(await upsert('no-currency', { default_currency_code: '€' })).toMatchObject({
      code: 'VALIDATION_ERROR',
      field: 'default_currency_code',
    });
    expect(await client('no-currency')).toBeUndefined();
  });

  test('S-027 refuses a client type that is none', async () => {
    expect(await upsert('type', { client_type: 'robot' })).toMatchObject({
      code: 'mapping_failed',
      field: 'client_type',
    });
  });
});

describe('setClientActiveByExternalId', () => {
  const setActive = (active: boolean) =>
    bench.run(hook, 'setClientActiveByExternalId', { external_id: 'switch', active });

  test('S-027 writes and records an event only on a change', async () => {
    await upsert('switch');
    const events = (await bench.events(hook)).length;
    const created = await client('switch');
    expect(await setActive(true)).toMatchObject({ metadata: { status_changed: false } });
    expect(await client('switch')).toEqual(created);
    expect(await setActive(false)).toMatchObject({ metadata: { status_changed: true } });
    expect(await client('switch')).toMatchObject({ is_inactive: true });
    expect(await setActive(false)).toMatchObject({ metadata: { status_changed: false } });
    expect((await bench.events(hook)).slice(events)).toMatchObject([
      { type: 'client.status_changed', object_id: created?.['id'], data: { isInactive: true } },
    ]);
  });

  test('S-027 concurrent changes to one state are one change', async () => {
    await upsert('switch', { is_inactive: true });
    const body = { external_id: 'switch', active: true };
    const outcomes = await bench.runAll(hook, 'setClientActiveByExternalId', times(4, body));
    const changes = outcomes.filter(
      (o) => o.status === 'dispatched' && o.metadata?.['status_changed'],
    );
    expect(changes).toHaveLength(1);
  });
});
