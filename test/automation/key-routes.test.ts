import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Scope } from '../../shared/domain/scopes.ts';
import { apiAs, type ApiCaller } from '../support/api.ts';
import { automationKey } from '../support/automation.ts';
import { openEventStream } from '../support/event-stream.ts';
import { eventually } from '../support/eventually.ts';
import type { TestTenant, TestUser } from '../support/factory.ts';
import { startOutboundRig, type OutboundRig } from '../support/outbound-rig.ts';
import { startReceiver, type TestReceiver } from '../support/receiver.ts';
import { operatorToken } from '../support/stack.ts';

let rig: OutboundRig;
let receiver: TestReceiver;
beforeAll(async () => {
  rig = await startOutboundRig({ env: { TIDEGATE_TEMPORAL_UI_URL: 'http://temporal.test:8233' } });
  receiver = await startReceiver();
});
afterAll(async () => {
  await rig.stop();
  await receiver.close();
});

let tenant: TestTenant;
let user: TestUser;
let admin: ApiCaller;
beforeEach(async () => {
  tenant = await rig.factory.tenant();
  user = await rig.factory.user(tenant);
  admin = apiAs(rig.gateway.url, user.token);
  receiver.answer(204);
});

async function keyWith(
  ...scopes: Scope[]
): Promise<ApiCaller & { readonly id: string; readonly secret: string }> {
  const { id, secret } = await automationKey(rig, tenant, scopes);
  return { ...apiAs(rig.gateway.url, secret), id, secret };
}

const closed = { type: 'conversation.updated', resourceId: 'c-1', data: { status: 'closed' } };
const idsIn = (body: { data: readonly { id: string }[] }): string[] =>
  body.data.map(({ id }) => id);

/** The one delivery of the tenant, once it is in a state. */
async function deliveryIn(status: string): Promise<string> {
  return eventually(async () => {
    await rig.hasten(tenant);
    const found = (await rig.deliveries(tenant)).find((row) => row.status === status);
    if (found === undefined) throw new Error(`no delivery is ${status}`);
    return `whd_${found.id.replaceAll('-', '')}`;
  });
}

describe('events for a credential', () => {
  test('S-099 S-101 are published with events.write and read with events.read, everywhere alike', async () => {
    const [reader, writer] = [await keyWith('events.read'), await keyWith('events.write')];
    const stream = await openEventStream(rig.gateway.url, reader.secret);
    const published = await writer.post('/events', closed);
    expect(published.status, JSON.stringify(published.body)).toBe(201);
    const { id } = published.body.data;
    expect(idsIn((await reader.get('/events')).body)).toEqual([id]);
    expect((await reader.get(`/events/${id}`)).body.data).toMatchObject({
      id,
      deliveryStatus: { matched: 0 },
    });
    expect((await reader.get('/events/feed')).body).toEqual({
      data: [
        {
          id,
          eventType: 'conversation.updated',
          resourceType: 'conversation',
          resourceId: 'c-1',
          data: { status: 'closed' },
          timestamp: Date.parse(published.body.data.createdAt),
        },
      ],
      nextCursor: null,
      hasMore: false,
    });
    const types = (await reader.get('/events/types')).body.data;
    expect(types.map(({ name }: { name: string }) => name)).toContain('conversation.updated');
    await eventually(() => expect(stream.messages.map((each) => each.id)).toEqual([id]));
    stream.close();
    for (const refused of [
      await reader.post('/events', closed),
      await writer.get('/events'),
      await reader.post('/events/types', { name: 'a.b', schema: {} }),
      await writer.post('/events/types', { name: 'a.b', schema: {} }),
      await writer.post(`/events/${id}/redeliver`),
    ]) {
      expect([refused.status, refused.body.code]).toEqual([403, 'scope_missing']);
    }
  });

  test('S-099 a key that publishes what awaits a receipt can give it', async () => {
    const writer = await keyWith('events.write');
    await admin.post('/events/types', { name: 'order.paid', schema: { type: 'object' } });
    const event = { type: 'order.paid', resourceId: 'x-1', data: {}, awaitsReceipt: true };
    const { body } = await writer.post('/events', event);
    const path = `/events/${body.data.id}/receipt`;
    const given = await writer.post(path, { blockNumber: 7, transactionHash: '0xab' });
    expect(given).toMatchObject({ status: 200, body: { data: { receiptState: 'received' } } });
  });

  test('S-099 S-114 the feed takes 20 by default, clamps, and leaves the moment of updatedSince out', async () => {
    await rig.database.admin.query(
      `insert into events (tenant_id, id, type, occurred_at, object_type, object_id, data)
       select $1, gen_random_uuid(), 'ticket.created',
         '2026-01-31T08:00:00Z'::timestamptz + n * interval '1.0004 milliseconds', 'ticket', n::text, '{}'
       from generate_series(0, 119) n`,
      [tenant.id],
    );
    const reader = await keyWith('events.read');
    const lengthOf = async (query: string): Promise<number> =>
      (await reader.get(`/events/feed${query}`)).body.data.length;
    expect(await lengthOf('')).toBe(20);
    expect(await lengthOf('?limit=many')).toBe(20);
    expect(await lengthOf('?limit=-3')).toBe(1);
    expect(await lengthOf('?limit=1000')).toBe(100);
    const shown = (await reader.get('/events/feed?limit=10')).body.data;
    const since = shown[4].timestamp;
    for (const text of [String(since), new Date(since).toISOString()]) {
      const { body } = await reader.get(`/events/feed?updatedSince=${text}`);
      expect(idsIn(body), text).toEqual(idsIn({ data: shown.slice(0, 4) }));
    }
    const from = new Date(shown[1].timestamp).toISOString();
    const both = await reader.get(`/events/feed?updatedSince=${since}&since=${from}`);
    expect(idsIn(both.body)).toEqual(idsIn({ data: shown.slice(0, 2) }));
    expect((await reader.get('/events/feed?cursor=x')).body.code).toBe('cursor_invalid');
    expect((await reader.get('/events/feed?updatedSince=soon')).status).toBe(400);
  });

  test('S-127 show nothing of another tenant', async () => {
    const { body } = await admin.post('/events', closed);
    const other = await rig.factory.tenant();
    const stranger = apiAs(rig.gateway.url, (await automationKey(rig, other)).secret);
    expect((await stranger.get('/events/feed')).body.data).toEqual([]);
    expect((await stranger.get(`/events/${body.data.id}`)).status).toBe(404);
    expect((await stranger.post(`/events/${body.data.id}/redeliver`)).status).toBe(404);
  });
});

describe('endpoints for a credential', () => {
  test('S-085 S-123 are made, changed, switched, rotated, tested and deleted, in the name of the key', async () => {
    const key = await keyWith('webhooks.manage');
    const made = await key.post('/webhooks', { url: receiver.url, name: 'bot' });
    expect(made.status, JSON.stringify(made.body)).toBe(201);
    expect(made.body.signingSecret).toMatch(/^whsec_/);
    expect(made.body.data).toMatchObject({ createdBy: null, ownerUserId: null });
    const { id } = made.body.data;
    const path = `/webhooks/${id}`;
    expect(idsIn((await key.get('/webhooks')).body)).toEqual([id]);
    expect((await key.patch(path, { eventTypes: ['ticket.*'] })).status).toBe(200);
    for (const [verb, status] of [
      ['pause', 'paused'],
      ['resume', 'active'],
      ['disable', 'disabled'],
      ['enable', 'active'],
    ]) {
      expect((await key.post(`${path}/${verb}`)).body.data, verb).toMatchObject({ status });
    }
    expect((await key.post(`${path}/rotate-secret`, { graceSeconds: 600 })).status).toBe(200);
    expect((await key.post(`${path}/rotate-secret/finish`)).status).toBe(200);
    expect((await key.post(`${path}/test`)).status).toBe(202);
    expect((await key.delete(path)).status).toBe(204);
    const { body } = await admin.get(`/audit?actorId=${key.id}&limit=100`);
    const actions = body.data.map(({ action }: { action: string }) => action).toReversed();
    expect(actions).toEqual([
      'webhook.created',
      'webhook.updated',
      'webhook.paused',
      'webhook.resumed',
      'webhook.disabled',
      'webhook.enabled',
      expect.stringMatching(/rotat/),
      expect.stringMatching(/rotat/),
      'webhook.tested',
      'webhook.deleted',
    ]);
    for (const entry of body.data) expect(entry.actorType).toBe('api');
  });

  test('S-104 need webhooks.manage', async () => {
    const key = await keyWith('events.read', 'events.write', 'outbound.write');
    const { status, body } = await key.post('/webhooks', { url: receiver.url });
    expect([status, body.code]).toEqual([403, 'scope_missing']);
    expect(body.message).toContain('webhooks.manage');
  });

  test('S-046 the log shows attempts and hides the body, which only administrators see', async () => {
    const key = await keyWith('webhooks.manage');
    const { body: made } = await key.post('/webhooks', { url: receiver.url });
    await admin.post('/events', closed);
    const id = await deliveryIn('delivered');
    expect(idsIn((await key.get('/webhooks/deliveries')).body)).toEqual([id]);
    expect(idsIn((await key.get(`/webhooks/${made.data.id}/deliveries`)).body)).toEqual([id]);
    const { data } = (await key.get(`/webhooks/deliveries/${id}`)).body;
    expect(data).toMatchObject({ id, body: null, temporalUrl: null, attempts: [{ number: 1 }] });
    const seen = (await admin.get(`/webhooks/deliveries/${id}`)).body.data;
    expect(seen.body).toBe(receiver.requests.at(-1)?.body);
  });
});

describe('sending again by a credential', () => {
  test('S-051 replays a failed delivery with 201, and refuses one that arrived, as for a user', async () => {
    const key = await keyWith('webhooks.manage');
    receiver.answer(500);
    const wish = { url: receiver.url, retryProfile: 'custom', retryWaitsMs: [] };
    await key.post('/webhooks', wish);
    const { body: published } = await admin.post('/events', closed);
    const failed = await deliveryIn('failed');
    receiver.answer(204);
    const replayed = await key.post('/webhooks/replay', { deliveryId: failed });
    expect(replayed).toMatchObject({
      status: 201,
      body: { success: true, deliveryId: expect.stringMatching(/^whd_[0-9a-f]{32}$/) },
    });
    expect(Object.keys(replayed.body).toSorted()).toEqual(['deliveryId', 'success']);
    const delivered = await deliveryIn('delivered');
    expect(delivered).toBe(replayed.body.deliveryId);
    expect(receiver.requests.at(-1)?.headers['webhook-id']).toBe(published.data.id);
    for (const caller of [key, admin]) {
      expect(await caller.post('/webhooks/replay', { deliveryId: delivered })).toMatchObject({
        status: 409,
        body: { code: 'replay_refused' },
      });
    }
    expect(await rig.deliveries(tenant)).toHaveLength(2);
  });

  test('S-051 S-048 an open delivery is not replayed, but can be hastened and canceled; foreign ones are not there', async () => {
    const key = await keyWith('webhooks.manage');
    const { body: made } = await key.post('/webhooks', { url: receiver.url });
    await key.post(`/webhooks/${made.data.id}/pause`);
    await admin.post('/events', closed);
    const [row] = await rig.deliveries(tenant);
    const id = `whd_${row?.id.replaceAll('-', '')}`;
    const replay = { deliveryId: id };
    expect((await key.post('/webhooks/replay', replay)).status).toBe(409);
    const stranger = apiAs(
      rig.gateway.url,
      (await automationKey(rig, await rig.factory.tenant())).secret,
    );
    for (const refused of [
      await stranger.post('/webhooks/replay', replay),
      await stranger.get(`/webhooks/deliveries/${id}`),
      await stranger.post(`/webhooks/deliveries/${id}/cancel`),
      await stranger.get(`/webhooks/${made.data.id}`),
    ]) {
      expect([refused.status, refused.body.code]).toEqual([404, 'not_found']);
    }
    expect((await key.post(`/webhooks/deliveries/${id}/retry-now`)).status).toBe(200);
    const canceled = await key.post(`/webhooks/deliveries/${id}/cancel`);
    expect(canceled.body.data).toMatchObject({ status: 'canceled', body: null });
  });

  test('S-052 S-054 redelivers events, and starts, reads and ends replays in bulk', async () => {
    const key = await keyWith('webhooks.manage');
    const { body: made } = await key.post('/webhooks', { url: receiver.url });
    const { body: published } = await admin.post('/events', closed);
    await deliveryIn('delivered');
    const again = await key.post(`/events/${published.data.id}/redeliver`);
    expect(again.body.deliveries).toMatchObject([{ endpointId: made.data.id }]);
    const since = new Date(Date.now() - 60_000).toISOString();
    const wide = await key.post(`/webhooks/${made.data.id}/redeliver-since`, { since });
    expect(wide.status, JSON.stringify(wide.body)).toBe(200);
    const filter = { status: 'failed', from: since };
    expect((await key.post('/webhooks/replay-jobs/count', { filter })).body).toEqual({
      matched: 0,
    });
    const job = await key.post('/webhooks/replay-jobs', { filter });
    expect(job.status, JSON.stringify(job.body)).toBe(202);
    expect(job.body.data.createdBy).toBeNull();
    expect(idsIn((await key.get('/webhooks/replay-jobs')).body)).toEqual([job.body.data.id]);
    expect((await key.get(`/webhooks/replay-jobs/${job.body.data.id}`)).status).toBe(200);
  });
});

describe('where endpoints belong to users', () => {
  test('S-088 a key has those of no user, and neither sees nor is seen to have others', async () => {
    await apiAs(rig.gateway.url, operatorToken).patch(`/tenants/${tenant.id}`, {
      endpointOwnership: 'user',
    });
    const key = await keyWith('webhooks.manage', 'events.write');
    const { body: theirs } = await admin.post('/webhooks', { url: receiver.url, name: 'theirs' });
    const { body: mine } = await key.post('/webhooks', { url: receiver.url, name: 'mine' });
    expect(mine.data).toMatchObject({ ownerUserId: null });
    expect(theirs.data).toMatchObject({ ownerUserId: user.id });
    await key.post('/events', closed);
    const deliveries = await rig.deliveries(tenant);
    expect(deliveries).toHaveLength(2);
    const wish = { filter: { from: new Date(Date.now() - 60_000).toISOString() } };
    for (const [caller, own, other] of [
      [key, mine.data.id, theirs.data.id],
      [admin, theirs.data.id, mine.data.id],
    ] as const) {
      expect(idsIn((await caller.get('/webhooks')).body)).toEqual([own]);
      expect((await caller.get(`/webhooks/${other}`)).status).toBe(404);
      expect((await caller.post(`/webhooks/${other}/rotate-secret`, {})).status).toBe(404);
      expect((await caller.delete(`/webhooks/${other}`)).status).toBe(404);
      const log = (await caller.get('/webhooks/deliveries')).body.data;
      expect(log).toMatchObject([{ endpointId: own }]);
      const foreign = deliveries.map(({ id }) => `whd_${id.replaceAll('-', '')}`);
      const hidden = foreign.find((id) => id !== log[0].id);
      expect((await caller.get(`/webhooks/deliveries/${hidden}`)).status).toBe(404);
      const again = await caller.post(`/events/${log[0].eventId}/redeliver`, { endpointId: own });
      expect(again.body.deliveries).toMatchObject([{ endpointId: own }]);
      const job = await caller.post('/webhooks/replay-jobs', wish);
      expect(job.body.data.filter.endpointIds).toEqual([own]);
      expect(idsIn((await caller.get('/webhooks/replay-jobs')).body)).toEqual([job.body.data.id]);
    }
  });

  test('S-088 a key makes as many as a tenant may have, whatever users have', async () => {
    await apiAs(rig.gateway.url, operatorToken).patch(`/tenants/${tenant.id}`, {
      endpointOwnership: 'user',
    });
    const key = await keyWith('webhooks.manage');
    const make = (caller: ApiCaller) => caller.post('/webhooks', { url: receiver.url });
    const own = [];
    for (let n = 0; n < 6; n += 1) own.push((await make(admin)).status);
    expect(own).toEqual([201, 201, 201, 201, 201, 409]);
    const all = [];
    for (let n = 0; n < 51; n += 1) all.push((await make(key)).status);
    expect(all.filter((status) => status === 201)).toHaveLength(50);
    expect(all.at(-1)).toBe(409);
  });
});
