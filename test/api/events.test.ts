import { Ajv2020 } from 'ajv/dist/2020.js';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { toWireId } from '../../shared/domain/ids.ts';
import { eventTypes } from '../../shared/events/catalogue.ts';
import { apiAs, type ApiCaller } from '../support/api.ts';
import { eventually } from '../support/eventually.ts';
import type { TestTenant } from '../support/factory.ts';
import { startOutboundRig, type OutboundRig } from '../support/outbound-rig.ts';
import { startReceiver, type TestReceiver } from '../support/receiver.ts';

let rig: OutboundRig;
let receiver: TestReceiver;
let tenant: TestTenant;
let api: ApiCaller;

beforeAll(async () => {
  rig = await startOutboundRig();
  receiver = await startReceiver();
  tenant = await rig.factory.tenant();
  api = await callerOf(tenant);
});
afterAll(async () => {
  await rig.stop();
  await receiver.close();
});

async function callerOf(owner: TestTenant): Promise<ApiCaller> {
  return apiAs(rig.gateway.url, (await rig.factory.user(owner)).token);
}

async function fresh(): Promise<{ owner: TestTenant; caller: ApiCaller }> {
  const owner = await rig.factory.tenant();
  return { owner, caller: await callerOf(owner) };
}

const conversation = {
  type: 'conversation.updated',
  resourceId: 'conv-1',
  data: { status: 'open' },
};

/** A type whose data may be anything. */
async function openType(caller: ApiCaller, name = 'order.shipped'): Promise<void> {
  const answer = await caller.post('/events/types', { name, schema: { type: 'object' } });
  expect(answer.status).toBe(201);
}

/** Events of one moment, stored past the API. */
async function storeAtOnce(owner: TestTenant, count: number, at: string): Promise<void> {
  await rig.database.admin.query(
    `insert into events (tenant_id, id, type, occurred_at, object_type, object_id, data)
     select $1, gen_random_uuid(), 'order.shipped', $3, 'order', n::text, '{}'
     from generate_series(1, $2::integer) n`,
    [owner.id, count, at],
  );
}

describe('publishing an event', () => {
  test('S-101 answers 201 with the event and how many endpoints it goes to', async () => {
    const { owner, caller } = await fresh();
    await rig.endpoint(owner, { url: receiver.url });
    await rig.endpoint(owner, { url: receiver.url, eventTypes: ['ticket.*'] });
    const { status, body } = await caller.post('/events', {
      ...conversation,
      attributes: { labels: ['urgent'], owner: 'client-7' },
    });
    expect(status).toBe(201);
    expect(body.data).toMatchObject({
      id: expect.stringMatching(/^evt_[0-9a-f]{32}$/),
      type: 'conversation.updated',
      resourceType: 'conversation',
      resourceId: 'conv-1',
      data: { status: 'open' },
      attributes: { owner: 'client-7', conversation: 'conv-1', labels: ['urgent'] },
      receiptState: 'none',
      deliveryStatus: { matched: 1, delivered: 0, failed: 0 },
    });
    await eventually(async () => {
      const read = await caller.get(`/events/${body.data.id}`);
      expect(read.body.data.deliveryStatus).toEqual({
        matched: 1,
        delivered: 1,
        pending: 0,
        failed: 0,
      });
    });
  });

  test.for([
    ['of a type that nobody registered', { type: 'order.lost' }, '/type'],
    ['that only Tidegate records', { type: 'delivery.failed' }, '/type'],
    ['that does not fit its type', { data: { status: 7 } }, '/data/status'],
    ['about something else', { resourceType: 'ticket' }, '/resourceType'],
    ['that never has a receipt', { awaitsReceipt: true }, '/awaitsReceipt'],
    ['with a label in capitals', { attributes: { labels: ['Urgent'] } }, '/attributes/labels/0'],
  ] as const)('S-101 refuses one %s, 400', async ([, members, pointer]) => {
    const { status, body } = await api.post('/events', { ...conversation, ...members });
    expect(status).toBe(400);
    expect(body.details.map((each: { pointer: string }) => each.pointer)).toContain(pointer);
  });

  test('S-100 a payload of 50 KB comes back unchanged, from the API and at the endpoint', async () => {
    const { owner, caller } = await fresh();
    const target = await startReceiver();
    await openType(caller);
    await rig.endpoint(owner, { url: target.url });
    const data = {
      zebra: 'first',
      text: 'ü€\u2028"\\ '.repeat(5_000),
      nested: { list: [1, 2.5, null, true], empty: {} },
      alpha: 'last',
    };
    expect(Buffer.byteLength(JSON.stringify(data))).toBeGreaterThan(50_000);
    const event = { type: 'order.shipped', resourceId: 'o-1', data };
    const { body } = await caller.post('/events', event);
    const read = await caller.get(`/events/${body.data.id}`);
    expect(JSON.stringify(read.body.data.data)).toBe(JSON.stringify(data));
    await eventually(() => expect(target.requests).toHaveLength(1));
    const sent = JSON.parse(target.requests[0]?.body ?? '');
    expect(JSON.stringify(sent.data)).toBe(JSON.stringify(data));
    await target.close();
  });

  test('S-100 a body of more than 256 KiB is refused, 413', async () => {
    const { status } = await api.post('/events', {
      ...conversation,
      data: { status: 'open', text: 'x'.repeat(262_144) },
    });
    expect(status).toBe(413);
  });

  test('S-019 the same Idempotency-Key publishes once', async () => {
    const { caller } = await fresh();
    const key = { 'idempotency-key': 'once' };
    const first = await caller.post('/events', conversation, key);
    const again = await caller.post('/events', conversation, key);
    expect(again.body).toEqual(first.body);
    expect((await caller.get('/events')).body.data).toHaveLength(1);
  });

  test('S-139 is refused while the tenant records no events, and its history stays', async () => {
    const { owner, caller } = await fresh();
    await caller.post('/events', conversation);
    await rig.database.admin.query('update tenants set automation_enabled = false where id = $1', [
      owner.id,
    ]);
    const refused = await caller.post('/events', conversation);
    expect(refused).toMatchObject({ status: 403, body: { code: 'automation_disabled' } });
    expect((await caller.get('/events')).body.data).toHaveLength(1);
  });

  test('S-126 needs the permission for integrations, 403', async () => {
    const { token } = await rig.factory.user(tenant, { permissions: ['inbound_webhook.read'] });
    const caller = apiAs(rig.gateway.url, token);
    for (const answer of [
      await caller.post('/events', conversation),
      await caller.get('/events'),
    ]) {
      expect(answer).toMatchObject({ status: 403, body: { code: 'permission_missing' } });
    }
  });
});

describe('a receipt', () => {
  const receipt = { blockNumber: 17, transactionHash: '0xabc1' };

  async function awaiting(caller: ApiCaller): Promise<string> {
    await openType(caller);
    const { body } = await caller.post('/events', {
      type: 'order.shipped',
      resourceId: 'o-1',
      data: { total: 3 },
      awaitsReceipt: true,
    });
    expect(body.data).toMatchObject({ receiptState: 'awaiting', deliveryStatus: { matched: 0 } });
    return body.data.id;
  }

  test('S-064 sends the event once, with it; a second one is refused, 409', async () => {
    const { owner, caller } = await fresh();
    const target = await startReceiver();
    await rig.endpoint(owner, { url: target.url });
    const id = await awaiting(caller);
    const answers = await Promise.all(
      [1, 2, 3, 4].map(() => caller.post(`/events/${id}/receipt`, receipt)),
    );
    const statuses = answers.map(({ status }) => status);
    expect(statuses.toSorted((a, b) => a - b)).toEqual([200, 409, 409, 409]);
    await eventually(() => expect(target.requests).toHaveLength(1));
    expect(JSON.parse(target.requests[0]?.body ?? '')).toMatchObject({ id, receipt });
    const read = await caller.get(`/events/${id}`);
    expect(read.body.data).toMatchObject({ receiptState: 'received', receipt });
    expect(await rig.deliveries(owner)).toHaveLength(1);
    await target.close();
  });

  test('S-064 that says reverted ends the wait, and nothing is ever sent', async () => {
    const { owner, caller } = await fresh();
    await rig.endpoint(owner, { url: receiver.url });
    const id = await awaiting(caller);
    const { status, body } = await caller.post(`/events/${id}/receipt`, { reverted: true });
    expect(status).toBe(200);
    expect(body.data).toMatchObject({ receiptState: 'reverted', receipt: null });
    expect((await caller.post(`/events/${id}/receipt`, receipt)).status).toBe(409);
    expect(await rig.deliveries(owner)).toEqual([]);
  });

  test('S-064 S-127 of an event that awaits none is refused, 409; of a foreign one, 404', async () => {
    const { body } = await api.post('/events', conversation);
    const path = `/events/${body.data.id}/receipt`;
    expect(await api.post(path, receipt)).toMatchObject({
      status: 409,
      body: { code: 'receipt_not_awaited' },
    });
    const { caller } = await fresh();
    expect((await caller.post(path, receipt)).status).toBe(404);
  });
});

describe('the list and the feed', () => {
  test('S-099 page 2,050 events of one moment exactly once each while others are recorded', async () => {
    const { owner, caller } = await fresh();
    const moment = new Date(Date.now() - 60_000).toISOString();
    await storeAtOnce(owner, 2_050, moment);
    const seen: string[] = [];
    let cursor: string | null = '';
    let page = 0;
    while (cursor !== null) {
      const { status, body } = await caller.get(
        `/events/feed?limit=100${cursor === '' ? '' : `&cursor=${cursor}`}`,
      );
      expect(status).toBe(200);
      seen.push(
        ...body.data
          .filter((item: { timestamp: number }) => item.timestamp === Date.parse(moment))
          .map((item: { id: string }) => item.id),
      );
      cursor = body.nextCursor;
      page += 1;
      await storeAtOnce(owner, 10, new Date(Date.now() - (page % 2) * 120_000).toISOString());
    }
    expect(seen).toHaveLength(2_050);
    expect(new Set(seen).size).toBe(2_050);
  });

  test('S-101 show the id and the type that the webhook has', async () => {
    const { owner, caller } = await fresh();
    const target = await startReceiver();
    await rig.endpoint(owner, { url: target.url });
    await caller.post('/events', conversation);
    await eventually(() => expect(target.requests).toHaveLength(1));
    const sent = JSON.parse(target.requests[0]?.body ?? '');
    expect(sent.schema_version).toBe('1');
    const [listed] = (await caller.get('/events')).body.data;
    const [item] = (await caller.get('/events/feed')).body.data;
    expect(listed).toMatchObject({ id: sent.id, type: sent.type, data: sent.data });
    expect(item).toEqual({
      id: sent.id,
      eventType: sent.type,
      resourceType: 'conversation',
      resourceId: 'conv-1',
      data: sent.data,
      timestamp: Date.parse(sent.created_at),
    });
    await target.close();
  });

  test('S-099 are narrowed by type, object, owner, conversation, message and time', async () => {
    const { caller } = await fresh();
    await openType(caller);
    const publish = async (resourceId: string, attributes = {}) => {
      const event = { type: 'order.shipped', resourceId, data: {}, attributes };
      return (await caller.post('/events', event)).body.data;
    };
    const first = await publish('o-1', { owner: 'a', conversation: 'c-1' });
    const second = await publish('o-2', { owner: 'b', message: 'm-1' });
    await caller.post('/events', conversation);
    const found = async (query: Record<string, string>) => {
      const { body } = await caller.get(`/events?${new URLSearchParams(query).toString()}`);
      return body.data.map(({ id }: { id: string }) => id);
    };
    expect(await found({ type: 'order.shipped' })).toEqual([second.id, first.id]);
    expect(await found({ object: 'o-1' })).toEqual([first.id]);
    expect(await found({ object: 'o-1', resourceType: 'ticket' })).toEqual([]);
    expect(await found({ owner: 'b' })).toEqual([second.id]);
    expect(await found({ conversation: 'c-1' })).toEqual([first.id]);
    expect(await found({ message: 'm-1' })).toEqual([second.id]);
    expect(await found({ type: 'order.shipped', since: second.createdAt })).toContain(second.id);
    const later = new Date(Date.parse(second.createdAt) + 60_000).toISOString();
    expect(await found({ since: later })).toEqual([]);
    expect(await found({ until: first.createdAt })).toEqual([]);
  });

  test('S-099 take `since` as from then on and `until` as before', async () => {
    const { owner, caller } = await fresh();
    const moment = '2026-01-31T08:00:00.000Z';
    await storeAtOnce(owner, 1, moment);
    expect((await caller.get(`/events?since=${moment}`)).body.data).toHaveLength(1);
    expect((await caller.get(`/events?until=${moment}`)).body.data).toHaveLength(0);
  });

  test('S-099 refuse a bad cursor and a bad moment, 400', async () => {
    for (const path of ['/events', '/events/feed']) {
      expect(await api.get(`${path}?cursor=nonsense`)).toMatchObject({
        status: 400,
        body: { code: 'cursor_invalid' },
      });
      expect((await api.get(`${path}?since=yesterday`)).status).toBe(400);
    }
  });

  test('S-127 show nothing of another tenant', async () => {
    const { caller } = await fresh();
    expect((await caller.get('/events')).body.data).toEqual([]);
  });

  test('S-099 are read in the order of an index, whichever filter they have', async () => {
    const owners = await Promise.all([1, 2, 3, 4, 5].map(() => rig.factory.tenant()));
    await rig.database.admin.query(
      `insert into events (tenant_id, id, type, object_type, object_id, data, message_id)
       select ($1::uuid[])[case when n % 50 = 0 then 1 else 2 + n % 4 end], gen_random_uuid(), 'order.t' || (n % 20), 'order', n::text,
         '{}', 'm-' || n
       from generate_series(1, 15000) n`,
      [owners.map(({ id }) => id)],
    );
    await rig.database.admin.query('analyze events');
    // Without a filter the index of times alone may look as good, on a table of this size.
    const [quiet] = owners;
    const indexes = {
      'Index ': '',
      events_by_type: "and type = 'order.t0'",
      events_by_message: "and message_id = 'm-50'",
      events_by_object: "and object_id = '50'",
    };
    for (const [index, filter] of Object.entries(indexes)) {
      const { rows } = await rig.database.admin.query<{ 'QUERY PLAN': string }>(
        `explain select id from events where tenant_id = '${quiet?.id}' ${filter}
         order by occurred_at desc, id desc limit 51`,
      );
      const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
      expect(plan, filter).toContain(index);
      expect(plan, filter).not.toContain('Seq Scan');
    }
  });
});

describe('one event', () => {
  test('S-100 counts a delivery that failed and one that waits', async () => {
    const { owner, caller } = await fresh();
    const failing = await startReceiver(500);
    await rig.endpoint(owner, { url: failing.url, retryProfile: 'custom', retryWaitsMs: [] });
    await rig.endpoint(owner, {
      url: failing.url,
      retryProfile: 'custom',
      retryWaitsMs: [86_400_000],
    });
    await rig.endpoint(owner, { url: receiver.url });
    const { body } = await caller.post('/events', conversation);
    await eventually(async () => {
      const read = await caller.get(`/events/${body.data.id}`);
      expect(read.body.data.deliveryStatus).toEqual({
        matched: 3,
        delivered: 1,
        pending: 1,
        failed: 1,
      });
    });
    await failing.close();
  });

  test('S-100 of another tenant, or of nobody, answers 404', async () => {
    const { body } = await api.post('/events', conversation);
    const { caller } = await fresh();
    expect((await caller.get(`/events/${body.data.id}`)).status).toBe(404);
    expect((await api.get(`/events/${toWireId('event', uuidv7())}`)).status).toBe(404);
    expect((await api.get('/events/evt_1')).status).toBe(404);
  });

  test('S-100 that has expired answers 410, removed or not yet', async () => {
    const msecs = Date.now() - 31 * 86_400_000;
    const removed = uuidv7({ msecs });
    expect(await api.get(`/events/${toWireId('event', removed)}`)).toMatchObject({
      status: 410,
      body: { code: 'event_expired' },
    });
    const { body } = await api.post('/events', conversation);
    await rig.database.admin.query(
      `update events set occurred_at = now() - interval '31 days'
       where tenant_id = $1 and object_id = 'conv-1'`,
      [tenant.id],
    );
    expect((await api.get(`/events/${body.data.id}`)).status).toBe(410);
  });
});

describe('event types', () => {
  test('S-101 the catalogue has every built-in type with a schema that its examples fit', async () => {
    const { body } = await api.get('/events/types');
    const names = body.data.map(({ name }: { name: string }) => name);
    expect(names).toEqual(expect.arrayContaining(eventTypes.map(({ name }) => name)));
    const ajv = new Ajv2020({ strict: false, validateFormats: false });
    for (const { name, schema, examples } of body.data) {
      const fits = ajv.compile(schema);
      for (const { data } of examples) expect(fits(data), name).toBe(true);
    }
  });

  test('S-101 one of its own is registered, checked, replaced and removed', async () => {
    const { caller } = await fresh();
    const schema = {
      type: 'object',
      properties: { total: { type: 'integer' } },
      required: ['total'],
    };
    const type = { name: 'order.paid', description: 'An order was paid', schema };
    expect((await caller.post('/events/types', type)).status).toBe(201);
    expect(await caller.post('/events/types', type)).toMatchObject({
      status: 409,
      body: { code: 'event_type_taken' },
    });
    const event = { type: 'order.paid', resourceId: 'o-1', data: { total: 'many' } };
    expect(await caller.post('/events', event)).toMatchObject({
      status: 400,
      body: { details: [{ pointer: '/data/total' }] },
    });
    const taken = await caller.post('/events', { ...event, data: { total: 3, more: true } });
    expect(taken.body.data).toMatchObject({
      resourceType: 'order',
      data: { total: 3, more: true },
    });
    const put = await caller.put('/events/types/order.paid', { schema: { type: 'object' } });
    expect(put.status).toBe(200);
    expect((await caller.post('/events', event)).status).toBe(201);
    expect((await caller.delete('/events/types/order.paid')).status).toBe(204);
    expect((await caller.delete('/events/types/order.paid')).status).toBe(404);
    expect((await caller.post('/events', event)).status).toBe(400);
  });

  test.for([
    ['in the family of built-in ones', { name: 'ticket.exploded' }, '/name'],
    ['with a name of one word', { name: 'order' }, '/name'],
    [
      'with a schema that is none',
      { schema: { type: 'object', properties: { a: { type: 'sack' } } } },
      '/schema/properties/a/type',
    ],
  ] as const)('S-101 one %s is refused, 400', async ([, members, pointer]) => {
    const { status, body } = await api.post('/events/types', {
      name: 'order.shipped',
      schema: { type: 'object' },
      ...members,
    });
    expect(status).toBe(400);
    expect(body.details[0].pointer).toBe(pointer);
  });

  test('S-101 of another tenant is not known, 400', async () => {
    const { caller } = await fresh();
    await openType(caller, 'parcel.sent');
    const answer = await api.post('/events', { type: 'parcel.sent', resourceId: 'p', data: {} });
    expect(answer.status).toBe(400);
  });

  test('S-101 there are at most 200 of, however many are registered at once', async () => {
    const { owner, caller } = await fresh();
    await rig.database.admin.query(
      `insert into tenant_event_types (tenant_id, name, data_schema)
       select $1, 'order.t' || n, '{}' from generate_series(1, 195) n`,
      [owner.id],
    );
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_none, n) =>
        caller.post('/events/types', { name: `parcel.t${n}`, schema: { type: 'object' } }),
      ),
    );
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(5);
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(7);
  });
});
