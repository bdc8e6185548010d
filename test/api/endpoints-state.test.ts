import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { operatorToken } from '../support/stack.ts';
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

/** Disables an endpoint as its failures do, `agoSeconds` ago. */
const disabledAgo = (wireId: string, agoSeconds: number) =>
  rig.database.admin.query(
    `update endpoints set status = 'disabled', disabled_reason = 'Failing.',
       disabled_at = now() - make_interval(secs => $2), auto_disabled_at = now() - make_interval(secs => $2)
     where id = $1::uuid`,
    [wireId.replace('wh_', ''), agoSeconds],
  );

describe('pausing an endpoint', () => {
  test('S-061 holds what goes to it, and resuming lets it go on', async () => {
    const receiver = await startReceiver();
    const { api, create, tenant } = await makeEndpointBench(rig);
    const { data } = await create({ url: receiver.url, ratePerMinute: 60_000 });
    expect((await api.post(`${path}/${data.id}/pause`)).body.data.status).toBe('paused');
    await rig.publish(tenant, { type: 'ticket.created' });
    await rig.publish(tenant, { type: 'ticket.created' });
    expect(await rig.deliveries(tenant)).toMatchObject([
      { status: 'held', hold_reason: 'endpoint_paused' },
      { status: 'held', hold_reason: 'endpoint_paused' },
    ]);
    expect((await api.post(`${path}/${data.id}/resume`)).body.data.status).toBe('active');
    await eventually(() => expect(receiver.requests).toHaveLength(2));
    await receiver.close();
  });

  test('S-078 of a disabled endpoint, and resuming one, answers 409', async () => {
    const { api, create } = await makeEndpointBench(rig);
    const { data } = await create();
    await api.post(`${path}/${data.id}/disable`, { reason: 'Moving' });
    for (const verb of ['pause', 'resume']) {
      const answer = await api.post(`${path}/${data.id}/${verb}`);
      expect(answer).toMatchObject({ status: 409, body: { code: 'endpoint_disabled' } });
    }
    const { body } = await api.get(`${path}/${data.id}`);
    expect(body.data).toMatchObject({ disabledReason: 'Moving', autoDisabledAt: null });
    expect((await api.post(`${path}/${data.id}/enable`)).body.data).toMatchObject({
      status: 'active',
      disabledReason: null,
    });
  });
});

describe('enabling an endpoint that was disabled automatically', () => {
  test('S-078 answers 409 within five minutes, with the time to wait', async () => {
    const { api, create } = await makeEndpointBench(rig);
    const { data } = await create();
    await disabledAgo(data.id, 290);
    const early = await api.post(`${path}/${data.id}/enable`);
    expect(early).toMatchObject({ status: 409, body: { code: 'cooling_down' } });
    expect(Number(early.headers.get('retry-after'))).toBeLessThanOrEqual(10);
    expect(Number(early.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await api.get(`${path}/${data.id}`)).body.data.status).toBe('disabled');
  });

  test('S-078 S-061 succeeds later, clears autoDisabledAt, tells others and lets go what was held', async () => {
    const receiver = await startReceiver();
    const observer = await startReceiver();
    const { api, create, tenant } = await makeEndpointBench(rig);
    const { data } = await create({ url: receiver.url, eventTypes: ['ticket.*', 'endpoint.*'] });
    await create({ url: observer.url, eventTypes: ['endpoint.*'] });
    await disabledAgo(data.id, 301);
    await rig.publish(tenant, { type: 'ticket.created' });
    const enabled = await api.post(`${path}/${data.id}/enable`);
    expect(enabled.body.data).toMatchObject({ status: 'active', autoDisabledAt: null });
    await eventually(() => {
      expect(receiver.requests.map(({ body }) => JSON.parse(body).type)).toEqual([
        'ticket.created',
      ]);
      expect(observer.requests.map(({ body }) => JSON.parse(body))).toMatchObject([
        { type: 'endpoint.enabled', data: { endpointId: data.id } },
      ]);
    });
    await receiver.close();
    await observer.close();
  });
});

describe('a test of an endpoint', () => {
  test('S-092 sends exactly one test.ping to it, whatever it filters by, and to no other', async () => {
    const receiver = await startReceiver();
    const other = await startReceiver();
    const { api, create, tenant } = await makeEndpointBench(rig);
    const { data } = await create({ url: receiver.url, eventTypes: ['invoice.*'] });
    await create({ url: other.url });
    const answer = await api.post(`${path}/${data.id}/test`);
    expect(answer.status).toBe(202);
    await eventually(async () => {
      expect(JSON.parse(receiver.requests[0]?.body ?? '{}')).toMatchObject({
        type: 'test.ping',
        data: { test: true, subscriptionId: data.id },
      });
      expect(await rig.deliveries(tenant)).toMatchObject([{ status: 'delivered' }]);
    });
    // Whatever else a test might have made would have gone out with this event at the latest.
    await rig.publish(tenant, { type: 'ticket.created' });
    await eventually(() => expect(other.requests).toHaveLength(1));
    expect(JSON.parse(other.requests[0]?.body ?? '').type).toBe('ticket.created');
    expect(receiver.requests).toHaveLength(1);
    const log = await api.get(`${path}/deliveries/${answer.body.deliveryId}`);
    expect(log.body.data).toMatchObject({ origin: 'test', eventType: 'test.ping', attemptsMax: 1 });
    await receiver.close();
    await other.close();
  });

  test('S-092 sends a type that is named, also to a paused endpoint; an unknown type answers 400', async () => {
    const receiver = await startReceiver();
    const { api, create } = await makeEndpointBench(rig);
    const { data } = await create({ url: receiver.url });
    await api.post(`${path}/${data.id}/pause`);
    const unknown = await api.post(`${path}/${data.id}/test`, { event: 'no.such_thing' });
    expect(unknown).toMatchObject({ status: 400, body: { details: [{ pointer: '/event' }] } });
    await api.post(`${path}/${data.id}/test`, { event: 'ticket.created', data: { number: 1 } });
    await eventually(() =>
      expect(receiver.requests.map(({ body }) => JSON.parse(body))).toMatchObject([
        { type: 'ticket.created', data: { number: 1 } },
      ]),
    );
    await receiver.close();
  });

  test('S-092 of a disabled endpoint answers 409 and sends nothing', async () => {
    const { api, create, tenant } = await makeEndpointBench(rig);
    const { data } = await create();
    await api.post(`${path}/${data.id}/disable`);
    const answer = await api.post(`${path}/${data.id}/test`, {});
    expect(answer).toMatchObject({ status: 409, body: { code: 'endpoint_disabled' } });
    expect(await rig.deliveries(tenant)).toEqual([]);
  });
});

describe('a change that lets more through', () => {
  test('S-090 wakes what waited for its turn in a rate that has been raised', async () => {
    const receiver = await startReceiver();
    const { api, create, tenant } = await makeEndpointBench(rig);
    const { data } = await create({ url: receiver.url, ratePerMinute: 1 });
    for (let n = 0; n < 4; n += 1) await rig.publish(tenant, { type: 'ticket.created' });
    await eventually(async () => {
      expect(receiver.requests).toHaveLength(1);
      const waiting = (await rig.deliveries(tenant)).filter((row) =>
        isFarAhead(row.next_attempt_at),
      );
      expect(waiting).toHaveLength(3);
    });
    await api.patch(`${path}/${data.id}`, { ratePerMinute: 6_000 });
    await eventually(() => expect(receiver.requests).toHaveLength(4));
    await receiver.close();
  });

  test('S-090 wakes what waited for a place when there are more', async () => {
    const held: (() => void)[] = [];
    const receiver = await startReceiver((response) => {
      held.push(() => response.writeHead(204).end());
    });
    const { api, create, tenant } = await makeEndpointBench(rig);
    // Longer than the test waits: the first one gives its place to nobody.
    const { data } = await create({ url: receiver.url, timeoutMs: 60_000 });
    for (let n = 0; n < 2; n += 1) await rig.publish(tenant, { type: 'ticket.created' });
    await eventually(async () => {
      const { rows } = await rig.database.admin.query(
        'select from outbound_deliveries where tenant_id = $1 and waiting_since is not null',
        [tenant.id],
      );
      expect(rows).toHaveLength(1);
      expect(receiver.requests).toHaveLength(1);
    });
    await api.patch(`${path}/${data.id}`, { maxInFlight: 2 });
    await eventually(() => expect(receiver.openMax()).toBe(2));
    for (const answer of held) answer();
    await eventually(async () =>
      expect(await rig.deliveries(tenant)).toMatchObject([
        { status: 'delivered' },
        { status: 'delivered' },
      ]),
    );
    await receiver.close();
  });

  test('S-090 S-063 tries again at once what failed at a URL that has been changed', async () => {
    const failing = await startReceiver(500);
    const receiver = await startReceiver();
    const { api, create, tenant } = await makeEndpointBench(rig);
    const { data } = await create({
      url: failing.url,
      retryProfile: 'custom',
      retryWaitsMs: Array(20).fill(3_600_000),
    });
    for (let n = 0; n < 2; n += 1) await rig.publish(tenant, { type: 'ticket.created' });
    await eventually(async () => {
      const rows = await rig.deliveries(tenant);
      expect(rows.map(({ status }) => status)).toEqual(['retrying', 'retrying']);
      expect(rows.every((row) => isFarAhead(row.next_attempt_at))).toBe(true);
    });
    await api.patch(`${path}/${data.id}`, { eventUrls: { 'ticket.created': receiver.url } });
    await eventually(() => expect(receiver.requests).toHaveLength(2));
    await failing.close();
    await receiver.close();
  });
});

const isFarAhead = (moment: Date | null): boolean =>
  moment !== null && moment.getTime() > Date.now() + 10_000;

describe('the operator', () => {
  test('S-139 S-088 switches the events of a tenant and who owns its endpoints; what was recorded stays', async () => {
    const { tenant, create, colleague, user } = await makeEndpointBench(rig);
    const { data } = await create();
    await rig.publish(tenant, { type: 'ticket.created' });
    const operator = apiAs(rig.gateway.url, operatorToken);
    const off = await operator.patch(`/tenants/${tenant.id}`, {
      automationEnabled: false,
      endpointOwnership: 'user',
    });
    expect(off.body.data).toMatchObject({ automationEnabled: false, endpointOwnership: 'user' });
    await expect(rig.publish(tenant, { type: 'ticket.created' })).rejects.toThrow('nothing');
    const { rows } = await rig.database.admin.query(
      'select count(*)::int as n from events where tenant_id = $1',
      [tenant.id],
    );
    expect(rows).toEqual([{ n: 1 }]);
    const own = await apiAs(rig.gateway.url, user.token).get(`${path}/${data.id}`);
    expect(own.body.data.ownerUserId).toBe(user.id);
    const other = await colleague();
    expect((await other.api.get(path)).body.data).toEqual([]);
    expect((await other.api.get(`${path}/deliveries`)).body.data).toEqual([]);
    expect((await operator.get('/tenants?limit=1')).body.data[0]).toHaveProperty(
      'automationEnabled',
    );
  });
});
