import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { toWireId, type EndpointId } from '../../shared/domain/ids.ts';
import { apiAs, type ApiCaller } from '../support/api.ts';
import { eventually } from '../support/eventually.ts';
import type { TestTenant } from '../support/factory.ts';
import { startOutboundRig, type OutboundRig } from '../support/outbound-rig.ts';
import { pastDeliveries } from '../support/past-deliveries.ts';
import { startReceiver, type TestReceiver } from '../support/receiver.ts';

let rig: OutboundRig;
let receiver: TestReceiver;

beforeAll(async () => {
  rig = await startOutboundRig();
  receiver = await startReceiver();
});
afterAll(async () => {
  await rig.stop();
  await receiver.close();
});

interface Setting {
  readonly owner: TestTenant;
  readonly caller: ApiCaller;
  readonly target: TestReceiver;
  /** Two endpoints that hear of everything. */
  readonly endpoints: readonly [EndpointId, EndpointId];
}

async function setting(): Promise<Setting> {
  const owner = await rig.factory.tenant();
  const caller = apiAs(rig.gateway.url, (await rig.factory.user(owner)).token);
  const target = await startReceiver();
  const first = await rig.endpoint(owner, { url: `${target.url}/1`, ratePerMinute: 60_000 });
  const second = await rig.endpoint(owner, { url: `${target.url}/2`, ratePerMinute: 60_000 });
  return { owner, caller, target, endpoints: [first.id, second.id] };
}

const event = { type: 'conversation.updated', resourceId: 'c-1', data: { status: 'open' } };

/** Publishes, and waits until every endpoint has it. */
async function publish({ owner, caller }: Setting): Promise<string> {
  const { body } = await caller.post('/events', event);
  await settled(owner);
  return body.data.id;
}

async function settled(owner: TestTenant): Promise<void> {
  await eventually(async () => {
    await rig.hasten(owner);
    const open = (await rig.deliveries(owner)).filter(({ status }) => status !== 'delivered');
    expect(open).toEqual([]);
  });
}

const wire = (id: EndpointId): string => toWireId('endpoint', id);

describe('redelivering an event', () => {
  test('S-052 with an empty body reaches all endpoints that it went to, with one id and the same bytes', async () => {
    const given = await setting();
    const id = await publish(given);
    await rig.endpoint(given.owner, { url: `${given.target.url}/later` });
    const { status, body } = await given.caller.post(`/events/${id}/redeliver`);
    expect(status).toBe(200);
    expect(body.deliveries.map((each: { endpointId: string }) => each.endpointId)).toEqual(
      given.endpoints.map(wire).toSorted(),
    );
    await settled(given.owner);
    const { requests } = given.target;
    expect(requests.map(({ path }) => path).toSorted()).toEqual(['/1', '/1', '/2', '/2']);
    expect(new Set(requests.map(({ body }) => body)).size).toBe(1);
    expect(new Set(requests.map(({ headers }) => headers['webhook-id']))).toEqual(new Set([id]));
    await given.target.close();
  });

  test('S-052 reaches one endpoint that is named; one that it did not go to is refused, 409', async () => {
    const given = await setting();
    const id = await publish(given);
    const later = await rig.endpoint(given.owner, { url: receiver.url });
    const one = await given.caller.post(`/events/${id}/redeliver`, {
      endpointId: wire(given.endpoints[0]),
    });
    expect(one.body.deliveries).toMatchObject([{ endpointId: wire(given.endpoints[0]) }]);
    const other = await given.caller.post(`/events/${id}/redeliver`, {
      endpointId: wire(later.id),
    });
    expect(other).toMatchObject({ status: 409, body: { code: 'endpoint_not_matched' } });
    await given.target.close();
  });

  test('S-052 that nobody heard of answers 200 with an empty list', async () => {
    const owner = await rig.factory.tenant();
    const caller = apiAs(rig.gateway.url, (await rig.factory.user(owner)).token);
    const { body } = await caller.post('/events', event);
    expect(await caller.post(`/events/${body.data.id}/redeliver`, {})).toMatchObject({
      status: 200,
      body: { deliveries: [] },
    });
  });

  test('S-052 S-127 past 30 days answers 410, a foreign one 404', async () => {
    const given = await setting();
    const id = await publish(given);
    const stranger = apiAs(
      rig.gateway.url,
      (await rig.factory.user(await rig.factory.tenant())).token,
    );
    expect((await stranger.post(`/events/${id}/redeliver`)).status).toBe(404);
    await rig.database.admin.query(
      `update events set occurred_at = now() - interval '31 days' where tenant_id = $1`,
      [given.owner.id],
    );
    expect((await given.caller.post(`/events/${id}/redeliver`)).status).toBe(410);
    await given.target.close();
  });

  test('S-053 twenty times at once gets one answer and is sent once', async () => {
    const given = await setting();
    const id = await publish(given);
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => given.caller.post(`/events/${id}/redeliver`)),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 200));
    expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).toBe(1);
    expect(await rig.deliveries(given.owner)).toHaveLength(4);
    await given.target.close();
  });

  test('S-053 again after five minutes is sent again', async () => {
    const given = await setting();
    const id = await publish(given);
    const first = await given.caller.post(`/events/${id}/redeliver`);
    await rig.database.admin.query(
      `update event_redeliveries set called_at = now() - interval '301 seconds'
       where tenant_id = $1`,
      [given.owner.id],
    );
    const second = await given.caller.post(`/events/${id}/redeliver`);
    expect(second.body.deliveries).toHaveLength(2);
    expect(second.body).not.toEqual(first.body);
    await given.target.close();
  });

  test('S-052 to a paused endpoint is held for it', async () => {
    const given = await setting();
    const id = await publish(given);
    await rig.database.admin.query(
      `update endpoints set status = 'paused' where tenant_id = $1 and id = $2`,
      [given.owner.id, given.endpoints[0]],
    );
    await given.caller.post(`/events/${id}/redeliver`, { endpointId: wire(given.endpoints[0]) });
    const held = (await rig.deliveries(given.owner)).filter(({ status }) => status === 'held');
    expect(held).toMatchObject([{ hold_reason: 'endpoint_paused' }]);
    await given.target.close();
  });
});

describe('redelivering to an endpoint since a moment', () => {
  const since = (): string => new Date(Date.now() - 3_600_000).toISOString();

  /** So many deliveries, each of an event of its own, that arrived half an hour ago. */
  const sent = (owner: TestTenant, endpointId: EndpointId, count: number): Promise<void> =>
    pastDeliveries(rig.database, owner, endpointId, {
      status: 'delivered',
      agoMs: 1_800_000,
      count,
    });

  test('S-054 sends again what was delivered, and skips what is still open', async () => {
    const given = await setting();
    const [endpoint] = given.endpoints;
    const ids = [await publish(given), await publish(given)];
    given.target.answer(500);
    const { body: open } = await given.caller.post('/events', event);
    await eventually(async () => {
      const rows = await rig.deliveries(given.owner);
      expect(rows.filter(({ status }) => status === 'retrying')).toHaveLength(2);
    });
    given.target.answer(204);
    const before = given.target.requests.length;
    const path = `/webhooks/${wire(endpoint)}/redeliver-since`;
    expect(await given.caller.post(path, { since: since() })).toMatchObject({
      status: 200,
      body: { scheduled: 2, skippedAlreadyPending: 1 },
    });
    // The open one may be tried again meanwhile, which is its own schedule's business.
    await eventually(() =>
      expect(
        given.target.requests
          .slice(before)
          .map(({ path, headers }) => ({ path, id: headers['webhook-id'] }))
          .filter(({ id }) => id !== open.data.id)
          .toSorted((one, other) => String(one.id).localeCompare(String(other.id))),
      ).toEqual(ids.toSorted().map((id) => ({ path: '/1', id }))),
    );
    await given.target.close();
  });

  test('S-054 leaves out what is older, and tests', async () => {
    const given = await setting();
    const [endpoint] = given.endpoints;
    await publish(given);
    await publish(given);
    await rig.database.admin.query(
      `update outbound_deliveries d
       set occurred_at = now() - interval '2 hours', created_at = now() - interval '2 hours'
       where tenant_id = $1 and event_id = (
         select event_id from outbound_deliveries where tenant_id = $1 order by created_at limit 1)`,
      [given.owner.id],
    );
    await rig.database.admin.query(
      `insert into outbound_deliveries (tenant_id, id, endpoint_id, event_id, event_type, body,
         occurred_at, origin, status, retry, delivered_at, settled_at)
       values ($1, gen_random_uuid(), $2, gen_random_uuid(), 'test.ping', '{}', now(), 'test',
         'delivered', '{"waitsMs":[],"jitter":0}', now(), now())`,
      [given.owner.id, endpoint],
    );
    const path = `/webhooks/${wire(endpoint)}/redeliver-since`;
    const { body } = await given.caller.post(path, { since: since() });
    expect(body).toEqual({ scheduled: 1, skippedAlreadyPending: 0 });
    await given.target.close();
  });

  test('S-054 takes a moment 7 days back and refuses an earlier one, 400', async () => {
    const given = await setting();
    const path = `/webhooks/${wire(given.endpoints[0])}/redeliver-since`;
    const weekMs = 7 * 86_400_000;
    const back = (ms: number) => ({ since: new Date(Date.now() - ms).toISOString() });
    expect(await given.caller.post(path, back(weekMs + 1_000))).toMatchObject({
      status: 400,
      body: { details: [{ pointer: '/since' }] },
    });
    expect((await given.caller.post(path, back(weekMs - 60_000))).status).toBe(200);
    await given.target.close();
  });

  test('S-054 lets one of twelve calls at two gateways through, 429 with Retry-After', async () => {
    const given = await setting();
    await publish(given);
    const second = await rig.startGateway({ env: { TIDEGATE_EGRESS_ALLOW_LOOPBACK: 'true' } });
    const { token } = await rig.factory.user(given.owner);
    const callers = [given.caller, apiAs(second.url, token)];
    const path = `/webhooks/${wire(given.endpoints[0])}/redeliver-since`;
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_none, n) =>
        (callers[n % 2] ?? given.caller).post(path, { since: since() }),
      ),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused).toHaveLength(11);
    for (const { headers, body } of refused) {
      expect(body.code).toBe('redelivered_lately');
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
      expect(Number(headers.get('retry-after'))).toBeLessThanOrEqual(60);
    }
    const made = (await rig.deliveries(given.owner)).filter(
      ({ endpoint_id: id }) => id === given.endpoints[0],
    );
    expect(made).toHaveLength(2);
    await rig.database.admin.query(
      `update endpoint_redeliveries set called_at = now() - interval '61 seconds'
       where tenant_id = $1`,
      [given.owner.id],
    );
    expect((await given.caller.post(path, { since: since() })).status).toBe(200);
    await given.target.close();
  });

  test('S-054 takes 2,500 events in pages, each once, spread by the rate of the endpoint', async () => {
    const owner = await rig.factory.tenant();
    const caller = apiAs(rig.gateway.url, (await rig.factory.user(owner)).token);
    const endpoint = await rig.endpoint(owner, { url: receiver.url, ratePerMinute: 1 });
    await sent(owner, endpoint.id, 2_500);
    const path = `/webhooks/${wire(endpoint.id)}/redeliver-since`;
    const { body } = await caller.post(path, { since: since() });
    expect(body).toEqual({ scheduled: 2_500, skippedAlreadyPending: 0 });
    const { rows } = await rig.database.admin.query(
      `select count(*)::integer as made, count(distinct event_id)::integer as events,
         count(distinct date_trunc('minute', wake_due_at))::integer as minutes
       from outbound_deliveries where tenant_id = $1 and origin = 'redelivery'`,
      [owner.id],
    );
    expect(rows[0]).toMatchObject({ made: 2_500, events: 2_500 });
    expect(rows[0].minutes).toBeGreaterThan(2_400);
  });

  test(
    'S-054 refuses more than 100,000 deliveries, 409, and writes nothing; takes as many',
    { timeout: 180_000 },
    async () => {
      const owner = await rig.factory.tenant();
      const caller = apiAs(rig.gateway.url, (await rig.factory.user(owner)).token);
      const endpoint = await rig.endpoint(owner, { url: receiver.url, ratePerMinute: 1 });
      await sent(owner, endpoint.id, 100_001);
      const path = `/webhooks/${wire(endpoint.id)}/redeliver-since`;
      expect(await caller.post(path, { since: since() })).toMatchObject({
        status: 409,
        body: { code: 'redelivery_too_large' },
      });
      const { rows } = await rig.database.admin.query(
        `select
           (select count(*) from outbound_deliveries where tenant_id = $1)::integer as deliveries,
           (select count(*) from endpoint_redeliveries where tenant_id = $1)::integer as turns,
           (select count(*) from audit_entries
             where tenant_id = $1 and action = 'endpoint.redelivered')::integer as audited`,
        [owner.id],
      );
      expect(rows).toEqual([{ deliveries: 100_001, turns: 0, audited: 0 }]);
      await rig.database.admin.query(
        `delete from outbound_deliveries where tenant_id = $1 and id = (
           select id from outbound_deliveries where tenant_id = $1 limit 1)`,
        [owner.id],
      );
      // Nor has the refusal used up the turn of the endpoint.
      expect(await caller.post(path, { since: since() })).toMatchObject({
        status: 200,
        body: { scheduled: 100_000, skippedAlreadyPending: 0 },
      });
    },
  );

  test('S-127 of a foreign endpoint answers 404', async () => {
    const given = await setting();
    const stranger = apiAs(
      rig.gateway.url,
      (await rig.factory.user(await rig.factory.tenant())).token,
    );
    const path = `/webhooks/${wire(given.endpoints[0])}/redeliver-since`;
    expect((await stranger.post(path, { since: since() })).status).toBe(404);
    await given.target.close();
  });
});
