import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { apiAs } from '../support/api.ts';
import { endpointsPath as path, makeEndpointBench } from '../support/endpoint-api.ts';
import { eventually } from '../support/eventually.ts';
import { startOutboundRig, type OutboundRig } from '../support/outbound-rig.ts';
import { startReceiver } from '../support/receiver.ts';

let rig: OutboundRig;
beforeAll(async () => {
  rig = await startOutboundRig();
});
afterAll(() => rig.stop());

const loopback = 'http://localhost:9/hook';

describe('an endpoint made over the API', () => {
  test('S-069 S-090 has the documented defaults and a secret that is shown once', async () => {
    const { api, create, user } = await makeEndpointBench(rig);
    const { data, signingSecret } = await create({ description: 'Ours' });
    expect(signingSecret).toMatch(/^whsec_[A-Za-z0-9]{48}$/);
    expect(data).toMatchObject({
      id: expect.stringMatching(/^wh_[0-9a-f]{32}$/),
      name: expect.stringMatching(/^endpoint-[0-9a-f]{8}$/),
      url: loopback,
      isLoopback: true,
      description: 'Ours',
      eventTypes: [],
      status: 'active',
      signatureProfile: 'standard',
      retryProfile: 'standard',
      timeoutMs: 15_000,
      maxInFlight: 1,
      ratePerMinute: 100,
      secretPrefix: signingSecret.slice(0, 14),
      createdBy: user.id,
    });
    const reads = [
      await api.get(`${path}/${data.id}`),
      await api.get(path),
      await api.patch(`${path}/${data.id}`, { description: null }),
    ];
    for (const read of reads) {
      expect(read.status).toBe(200);
      expect(JSON.stringify(read.body)).not.toContain(signingSecret);
    }
  });

  test('S-020 is made once for one Idempotency-Key', async () => {
    const { api } = await makeEndpointBench(rig);
    const key = { 'idempotency-key': randomUUID() };
    const first = await api.post(path, { url: loopback }, key);
    const second = await api.post(path, { url: loopback }, key);
    expect(second.body).toEqual(first.body);
    expect((await api.get(path)).body.data).toHaveLength(1);
  });

  test('S-069 takes a secret that its receivers know already', async () => {
    const { api, create } = await makeEndpointBench(rig);
    const given = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
    expect((await create({ signingSecret: given })).signingSecret).toBe(given);
    const short = await api.post(path, { url: loopback, signingSecret: 'whsec_c2hvcnQ=' });
    expect(short).toMatchObject({ status: 400 });
    expect(short.body.details[0].pointer).toBe('/signingSecret');
  });

  test('S-067 shows the public key where deliveries are signed with a key pair', async () => {
    const { create } = await makeEndpointBench(rig);
    const { data, signingSecret } = await create({ signatureProfile: 'standard_v1a' });
    expect(signingSecret).toMatch(/^whsk_/);
    expect(data.publicKey).toMatch(/^whpk_/);
    expect(data.secretPrefix).toBe(data.publicKey.slice(0, 14));
  });

  test('S-065 in the legacy single-URL mode is tried twice', async () => {
    const { create } = await makeEndpointBench(rig);
    const { data } = await create({ signatureProfile: 'e2a_legacy' });
    expect(data).toMatchObject({ signatureProfile: 'e2a_legacy', retryProfile: 'legacy' });
  });

  test.for([
    ['a URL over http', { url: 'http://example.com/' }, '/url'],
    ['a literal address', { url: 'https://93.184.216.34/' }, '/url'],
    ['a literal IPv6 address', { url: 'https://[2606:4700::1111]/' }, '/url'],
    ['a host that does not resolve', { url: 'https://nothing.invalid/' }, '/url'],
    ['a URL with a password', { url: 'https://u:p@example.com/' }, '/url'],
    [
      'a per-event URL over http',
      { eventUrls: { 'ticket.created': 'http://example.com/' } },
      '/eventUrls/ticket.created',
    ],
    [
      'a per-event URL of an unknown type',
      { eventUrls: { 'no.such_thing': loopback } },
      '/eventUrls/no.such_thing',
    ],
    ['an unknown event type', { eventTypes: ['ticket.created', 'no.such_thing'] }, '/eventTypes/1'],
    ['a pattern that stands for nothing', { eventTypes: ['nothing.*'] }, '/eventTypes/0'],
    ['51 owners', { filters: { owners: Array(51).fill('a') } }, '/filters/owners'],
    ['an owner of 201 characters', { filters: { owners: ['a'.repeat(201)] } }, '/filters/owners/0'],
    ['a label in upper case', { filters: { labels: ['VIP'] } }, '/filters/labels/0'],
    ['a description with a line break', { description: 'a\nb' }, '/description'],
    ['a description of 201 characters', { description: 'a'.repeat(201) }, '/description'],
    ['a name in upper case', { name: 'Prod' }, '/name'],
    ['a name of 65 characters', { name: 'a'.repeat(65) }, '/name'],
    ['an unknown profile', { signatureProfile: 'nobody' }, '/signatureProfile'],
    ['a header name for a profile with its own', { signatureHeader: 'X-Mine' }, '/signatureHeader'],
    ['the profile custom without waits', { retryProfile: 'custom' }, '/retryWaitsMs'],
    ['waits without the profile custom', { retryWaitsMs: [1] }, '/retryWaitsMs'],
    ['25 waits', { retryProfile: 'custom', retryWaitsMs: Array(25).fill(1) }, '/retryWaitsMs'],
    [
      'a wait over two days',
      { retryProfile: 'custom', retryWaitsMs: [172_800_001] },
      '/retryWaitsMs/0',
    ],
    ['a time-out of 999 ms', { timeoutMs: 999 }, '/timeoutMs'],
    ['a time-out of 60,001 ms', { timeoutMs: 60_001 }, '/timeoutMs'],
    ['101 in flight', { maxInFlight: 101 }, '/maxInFlight'],
    ['a rate of zero', { ratePerMinute: 0 }, '/ratePerMinute'],
    ['a header that frames the request', { headers: { Host: 'x' } }, '/headers/Host'],
    [
      'a header of the signature',
      { headers: { 'x-tidegate-signature': 'x' } },
      '/headers/x-tidegate-signature',
    ],
    ['a header with a line break', { headers: { 'X-A': 'a\r\nb' } }, '/headers/X-A'],
    ['an unknown member', { isAdmin: true }, ''],
  ] as const)(
    'S-080 S-086 S-087 S-058 is refused with %s, naming it',
    async ([, overrides, pointer]) => {
      const { api } = await makeEndpointBench(rig);
      const answer = await api.post(path, { url: loopback, ...overrides });
      expect(answer, JSON.stringify(answer.body)).toMatchObject({
        status: 400,
        body: { code: 'validation_failed' },
      });
      expect(answer.body.details[0].pointer).toBe(pointer);
      expect(answer.body.details[0].message).not.toBe('');
    },
  );

  test('S-080 names every URL at fault, also when it is changed', async () => {
    const { api, create } = await makeEndpointBench(rig);
    const { data } = await create();
    const answer = await api.patch(`${path}/${data.id}`, {
      url: 'https://10.0.0.1/',
      eventUrls: { 'ticket.created': 'https://nothing.invalid/' },
    });
    expect(answer.status).toBe(400);
    expect(answer.body.details.map(({ pointer }: { pointer: string }) => pointer)).toEqual([
      '/url',
      '/eventUrls/ticket.created',
    ]);
  });

  test('S-087 lists the types that are allowed, those of the tenant among them', async () => {
    const { api, tenant, create } = await makeEndpointBench(rig);
    await rig.database.admin.query(
      `insert into tenant_event_types (tenant_id, name, data_schema) values ($1, 'shop.sold', '{}')`,
      [tenant.id],
    );
    const answer = await api.post(path, { url: loopback, eventTypes: ['shop.gone'] });
    expect(answer.body.details[0].message).toContain('ticket.created');
    expect(answer.body.details[0].message).toContain('shop.sold');
    const { data } = await create({ eventTypes: ['shop.sold', 'ticket.*', '*'] });
    expect(data.eventTypes).toEqual(['shop.sold', 'ticket.*', '*']);
  });

  test('S-089 with a taken name is answered 409; the same name in another tenant is fine', async () => {
    const { api, create } = await makeEndpointBench(rig);
    await create({ name: 'production' });
    const taken = await api.post(path, { url: loopback, name: 'production' });
    expect(taken).toMatchObject({ status: 409, body: { code: 'name_taken' } });
    const other = await makeEndpointBench(rig);
    expect((await other.create({ name: 'production' })).data.name).toBe('production');
  });
});

describe('a change of an endpoint', () => {
  test('S-090 S-089 changes only the members that are named and keeps the secret; edits of two are both kept', async () => {
    const { api, create, user } = await makeEndpointBench(rig);
    const second = await rig.startGateway({ env: { TIDEGATE_EGRESS_ALLOW_LOOPBACK: 'true' } });
    const one = (await create({ name: 'one', timeoutMs: 5_000, eventTypes: ['ticket.*'] })).data;
    const two = (await create({ name: 'two' })).data;
    const [first, other] = await Promise.all([
      api.patch(`${path}/${one.id}`, { description: 'changed' }),
      apiAs(second.url, user.token).patch(`${path}/${two.id}`, { ratePerMinute: 7 }),
    ]);
    expect(first.body).toMatchObject({
      signingSecret: null,
      data: {
        description: 'changed',
        timeoutMs: 5_000,
        eventTypes: ['ticket.*'],
        secretPrefix: one.secretPrefix,
      },
    });
    expect(other.body.data).toMatchObject({ name: 'two', ratePerMinute: 7 });
    expect(Date.parse(first.body.data.updatedAt)).toBeGreaterThan(Date.parse(one.updatedAt));
    await second.close();
  });

  test('S-085 clears a filter by an explicit empty list', async () => {
    const { api, create } = await makeEndpointBench(rig);
    const { data } = await create({
      eventTypes: ['ticket.created'],
      channels: ['email'],
      filters: { owners: ['o-1'], labels: ['vip'] },
    });
    const cleared = await api.patch(`${path}/${data.id}`, {
      eventTypes: [],
      filters: { owners: [] },
    });
    expect(cleared.body.data).toMatchObject({
      eventTypes: [],
      channels: ['email'],
      filters: { owners: [], conversations: [], labels: ['vip'] },
    });
  });

  test('S-063 sets URLs by event and clears one by null', async () => {
    const { api, create } = await makeEndpointBench(rig);
    const { data } = await create({
      eventUrls: { 'ticket.created': `${loopback}/new`, 'ticket.updated': `${loopback}/changed` },
    });
    const cleared = await api.patch(`${path}/${data.id}`, {
      eventUrls: { 'ticket.created': null },
    });
    expect(cleared.body.data.eventUrls).toEqual({ 'ticket.updated': `${loopback}/changed` });
    const emptied = await api.patch(`${path}/${data.id}`, {
      eventUrls: { 'ticket.updated': null },
    });
    expect(emptied.body.data.eventUrls).toEqual({});
  });

  test('adds a secret when the new profile needs one of another kind, and shows it once', async () => {
    const { api, create } = await makeEndpointBench(rig);
    const { data } = await create();
    const kept = await api.patch(`${path}/${data.id}`, {
      signatureProfile: 'body_sha256',
      signatureHeader: 'X-Sum',
    });
    expect(kept.body).toMatchObject({ signingSecret: null, data: { signatureHeader: 'X-Sum' } });
    const pair = await api.patch(`${path}/${data.id}`, { signatureProfile: 'standard_v1a' });
    expect(pair.body.signingSecret).toMatch(/^whsk_/);
    expect(pair.body.data.signatureHeader).toBeNull();
  });

  test('sends its own headers, sealed in the database and shown by name alone', async () => {
    const receiver = await startReceiver();
    const { api, create, tenant } = await makeEndpointBench(rig);
    const { data } = await create({
      url: receiver.url,
      headers: { 'X-Api-Key': 'key-for-the-receiver', 'X-Old': 'gone soon' },
    });
    expect(data.headers).toEqual(['X-Api-Key', 'X-Old']);
    const changed = await api.patch(`${path}/${data.id}`, {
      headers: { 'x-old': null, 'X-New': 'fresh' },
    });
    expect(changed.body.data.headers).toEqual(['X-Api-Key', 'X-New']);
    const { rows } = await rig.database.admin.query<{ all: string }>(
      `select e::text as all from endpoints e where tenant_id = $1`,
      [tenant.id],
    );
    expect(rows[0]?.all).not.toContain(Buffer.from('key-for-the-receiver').toString('hex'));
    await rig.publish(tenant, { type: 'ticket.created' });
    await eventually(() => expect(receiver.requests).toHaveLength(1));
    expect(receiver.requests[0]?.headers).toMatchObject({
      'x-api-key': 'key-for-the-receiver',
      'x-new': 'fresh',
    });
    expect(receiver.requests[0]?.headers).not.toHaveProperty('x-old');
    await receiver.close();
  });
});

describe('the list of endpoints', () => {
  test('S-090 pages newest first with a limit of 1 to 100, each exactly once', async () => {
    const { api, create } = await makeEndpointBench(rig);
    for (let n = 0; n < 5; n += 1) await create({ name: `e${n}` });
    const names: string[] = [];
    let cursor = '';
    for (;;) {
      const { body } = await api.get(`${path}?limit=2${cursor}`);
      names.push(...body.data.map(({ name }: { name: string }) => name));
      if (!body.hasMore) break;
      cursor = `&cursor=${body.nextCursor}`;
    }
    expect(names).toEqual(['e4', 'e3', 'e2', 'e1', 'e0']);
    expect((await api.get(`${path}?limit=1000`)).body.data).toHaveLength(5);
    expect((await api.get(`${path}?cursor=nonsense`)).status).toBe(400);
  });
});

describe('deleting an endpoint', () => {
  test('S-091 answers 204 and then 404, ends what was pending and removes the secret', async () => {
    const receiver = await startReceiver(500);
    const { api, create, tenant } = await makeEndpointBench(rig);
    const { data } = await create({ url: receiver.url });
    await rig.publish(tenant, { type: 'ticket.created' });
    await eventually(async () =>
      expect(await rig.deliveries(tenant)).toMatchObject([{ status: 'retrying' }]),
    );
    expect((await api.delete(`${path}/${data.id}`)).status).toBe(204);
    expect((await api.delete(`${path}/${data.id}`)).status).toBe(404);
    expect((await api.get(`${path}/${data.id}`)).status).toBe(404);
    expect(await rig.deliveries(tenant)).toMatchObject([
      { status: 'failed', failure_code: 'endpoint_deleted' },
    ]);
    const { rowCount } = await rig.database.admin.query(
      'select from endpoint_secrets where tenant_id = $1',
      [tenant.id],
    );
    expect(rowCount).toBe(0);
    const log = await api.get(`${path}/deliveries`);
    expect(log.body.data).toMatchObject([{ endpointName: null, failureCode: 'endpoint_deleted' }]);
    await receiver.close();
  });
});

describe('the cap', () => {
  test('S-088 is never passed by 60 creations at once', async () => {
    const { api } = await makeEndpointBench(rig);
    const made = await Promise.all(
      Array.from({ length: 60 }, () =>
        eventually(async () => {
          const { status } = await api.post(path, { url: loopback });
          // A crowded database may turn one away; it is asked again as any client would.
          expect(status).not.toBe(503);
          return status;
        }),
      ),
    );
    expect(made.filter((status) => status === 201)).toHaveLength(50);
    expect(made.filter((status) => status === 409)).toHaveLength(10);
    const refused = await api.post(path, { url: loopback });
    expect(refused.body.code).toBe('endpoint_limit_reached');
  });
});

describe('who may', () => {
  test('S-125 S-127 is decided by permission and tenant: 403 without it, 404 for others', async () => {
    const { colleague, create } = await makeEndpointBench(rig);
    const { data } = await create();
    const agent = await colleague({ role: 'agent' });
    for (const answer of [
      await agent.api.get(path),
      await agent.api.post(path, { url: loopback }),
      await agent.api.delete(`${path}/${data.id}`),
    ]) {
      expect(answer).toMatchObject({ status: 403, body: { code: 'permission_missing' } });
    }
    const foreign = (await makeEndpointBench(rig)).api;
    for (const id of [data.id, `wh_${'0'.repeat(32)}`, 'nonsense']) {
      const answers = [
        await foreign.get(`${path}/${id}`),
        await foreign.patch(`${path}/${id}`, { description: 'Mine' }),
        await foreign.delete(`${path}/${id}`),
        await foreign.post(`${path}/${id}/pause`),
        await foreign.post(`${path}/${id}/resume`),
        await foreign.post(`${path}/${id}/enable`),
        await foreign.post(`${path}/${id}/disable`),
        await foreign.post(`${path}/${id}/test`, {}),
        await foreign.get(`${path}/${id}/deliveries`),
      ];
      expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 404));
    }
    expect((await apiAs(rig.gateway.url, undefined).get(path)).status).toBe(401);
  });
});

describe('the audit log', () => {
  test('S-123 has who changed which endpoint and how, without any secret', async () => {
    const { api, create, user } = await makeEndpointBench(rig);
    const { data, signingSecret } = await create({ headers: { 'X-Key': 'value-of-the-header' } });
    await api.patch(`${path}/${data.id}`, { description: 'x' });
    await api.post(`${path}/${data.id}/pause`);
    await api.post(`${path}/${data.id}/resume`);
    await api.post(`${path}/${data.id}/test`, {});
    await api.post(`${path}/${data.id}/disable`, {});
    await api.post(`${path}/${data.id}/enable`);
    await api.delete(`${path}/${data.id}`);
    const { body } = await api.get('/audit?limit=100');
    expect(body.data.map(({ action }: { action: string }) => action)).toEqual([
      'webhook.deleted',
      'webhook.enabled',
      'webhook.disabled',
      'webhook.tested',
      'webhook.resumed',
      'webhook.paused',
      'webhook.updated',
      'webhook.created',
    ]);
    for (const entry of body.data) expect(entry.actorId).toBe(user.id);
    expect(JSON.stringify(body)).not.toContain(signingSecret);
    expect(JSON.stringify(body)).not.toContain('value-of-the-header');
  });
});
