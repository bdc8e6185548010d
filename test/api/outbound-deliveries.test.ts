import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { outboundLogStatement } from '../../shared/db/queries/outbound-delivery-log.ts';
import { parseEndpointId } from '../../shared/domain/ids.ts';
import { apiAs } from '../support/api.ts';
import { endpointsPath, makeEndpointBench } from '../support/endpoint-api.ts';
import { eventually } from '../support/eventually.ts';
import { startOutboundRig, type OutboundRig } from '../support/outbound-rig.ts';
import { startReceiver } from '../support/receiver.ts';

let rig: OutboundRig;
beforeAll(async () => {
  rig = await startOutboundRig({
    env: { TIDEGATE_TEMPORAL_UI_URL: 'http://temporal.test:8233' },
  });
});
afterAll(() => rig.stop());

const path = `${endpointsPath}/deliveries`;
const wire = (uuid = ''): string => `whd_${uuid.replaceAll('-', '')}`;

/** An endpoint whose deliveries fail at once and for good, or wait long for a second attempt. */
async function failingBench(retryWaitsMs: readonly number[]) {
  const receiver = await startReceiver((response) =>
    response.writeHead(503, { 'x-reason': 'down' }).end('{"reason":"down"}'),
  );
  const bench = await makeEndpointBench(rig);
  const made = await bench.create({ url: receiver.url, retryProfile: 'custom', retryWaitsMs });
  await rig.publish(bench.tenant, { type: 'ticket.created', data: { number: 7, first: 'b' } });
  const wanted = retryWaitsMs.length === 0 ? 'failed' : 'retrying';
  const delivery = await eventually(async () => {
    const [row] = await rig.deliveries(bench.tenant);
    expect(row?.status).toBe(wanted);
    return row;
  });
  return { ...bench, receiver, endpoint: made.data, delivery, id: wire(delivery?.id) };
}

describe('the delivery log', () => {
  test('S-046 S-049 shows a delivery with each attempt, what was answered, and what comes next', async () => {
    const { api, receiver, id, endpoint } = await failingBench([3_600_000]);
    const { body } = await api.get(`${path}/${id}`);
    expect(body.data).toMatchObject({
      id,
      endpointId: endpoint.id,
      endpointName: endpoint.name,
      eventId: expect.stringMatching(/^evt_/),
      eventType: 'ticket.created',
      status: 'retrying',
      origin: 'event',
      attemptCount: 1,
      failureCount: 1,
      attemptsMax: 2,
      lastStatusCode: 503,
      lastErrorClass: 'http_status',
      deliveredAt: null,
      body: receiver.requests[0]?.body,
      attempts: [
        {
          number: 1,
          status: 'failed',
          statusCode: 503,
          errorClass: 'http_status',
          responseBody: '{"reason":"down"}',
          responseHeaders: { 'x-reason': 'down' },
          signedBy: [endpoint.secretPrefix],
        },
      ],
      workflowId: `out/${id}`,
      temporalUrl: `http://temporal.test:8233/namespaces/default/workflows/${encodeURIComponent(`out/${id}`)}`,
    });
    expect(Date.parse(body.data.nextAttemptAt)).toBeGreaterThan(Date.now() + 3_000_000);
    await receiver.close();
  });

  test('hides the body from all but administrators, and the run from who may not see it', async () => {
    const { colleague, receiver, id } = await failingBench([]);
    const agent = await colleague({ role: 'agent', permissions: ['settings.integrations'] });
    const { body } = await agent.api.get(`${path}/${id}`);
    expect(body.data).toMatchObject({ body: null, temporalUrl: null, status: 'failed' });
    await receiver.close();
  });

  test('S-047 filters by endpoint, status, type, event and time, pages by cursor and counts by page', async () => {
    const { api, create, tenant, receiver, endpoint, id } = await failingBench([]);
    const other = await create({
      url: `${receiver.url}/other`,
      retryProfile: 'custom',
      retryWaitsMs: [],
    });
    for (let n = 0; n < 3; n += 1) await rig.publish(tenant, { type: 'ticket.updated' });
    await eventually(async () =>
      expect((await rig.deliveries(tenant)).map(({ status }) => status)).toEqual(
        Array(7).fill('failed'),
      ),
    );
    const count = async (query: string): Promise<number> =>
      (await api.get(`${path}?limit=100${query}`)).body.data.length;
    expect(await count('')).toBe(7);
    expect(await count(`&endpoint=${endpoint.id}`)).toBe(4);
    expect(await count('&status=failed')).toBe(7);
    expect(await count('&status=delivered')).toBe(0);
    expect(await count('&eventType=ticket.created')).toBe(1);
    const first = (await api.get(`${path}/${id}`)).body.data;
    expect(await count(`&event=${first.eventId}`)).toBe(1);
    expect(await count(`&dateFrom=${first.createdAt}&dateTo=2999-01-01T00:00:00Z`)).toBe(7);
    expect(await count(`&dateTo=${first.createdAt}`)).toBe(0);
    expect((await api.get(`${endpointsPath}/${other.data.id}/deliveries`)).body.data).toHaveLength(
      3,
    );

    const ids: string[] = [];
    let cursor = '';
    for (;;) {
      const { body } = await api.get(`${path}?limit=3${cursor}`);
      ids.push(...body.data.map((each: { id: string }) => each.id));
      if (!body.hasMore) break;
      cursor = `&cursor=${body.nextCursor}`;
    }
    const newestFirst = (await rig.deliveries(tenant)).map((row) => wire(row.id)).toReversed();
    expect(new Set(ids)).toEqual(new Set(newestFirst));
    expect(ids).toHaveLength(7);
    expect(ids.at(-1)).toBe(id);
    expect((await api.get(`${path}?page=3&limit=3`)).body).toMatchObject({
      page: 3,
      limit: 3,
      total: 7,
      data: [{ id }],
    });
    await receiver.close();
  });

  test('S-047 answers 400 to an unknown status and to ids that are none', async () => {
    const { api } = await makeEndpointBench(rig);
    for (const query of ['status=lost', 'endpoint=hook_1', 'event=1', 'cursor=x', 'page=0']) {
      expect((await api.get(`${path}?${query}`)).status, query).toBe(400);
    }
  });

  test('S-047 is served by an index for each filter, however long the log', async () => {
    const { tenant, create } = await makeEndpointBench(rig);
    const { data } = await create();
    const endpointId = parseEndpointId(
      data.id.replace(/^wh_(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5'),
    );
    await rig.database.admin.query(
      `insert into outbound_deliveries (tenant_id, id, endpoint_id, event_id, event_type, body,
         occurred_at, retry, status, delivered_at, settled_at, failure_code, created_at)
       select $1, gen_random_uuid(), case when n % 200 = 0 then $2::uuid else gen_random_uuid() end,
         gen_random_uuid(), 'ticket.created', '{}', now(), '{"waitsMs":[],"jitter":0}',
         case when n % 500 = 0 then 'failed' else 'delivered' end,
         case when n % 500 <> 0 then now() end, now(),
         case when n % 500 = 0 then 'attempts_exhausted' end, now() - make_interval(secs => n)
       from generate_series(1, 20000) n`,
      [tenant.id, endpointId],
    );
    await rig.database.admin.query('analyze outbound_deliveries');
    const planOf = (filter: Parameters<typeof outboundLogStatement>[1]): Promise<string> =>
      rig.factory.withTenant(tenant.id, async (tx) => {
        const statement = outboundLogStatement(tx, filter, { after: undefined, limit: 20 });
        const { rows } = await tx.query<{ 'QUERY PLAN': string }>({
          text: `explain ${statement.text}`,
          values: statement.values,
        });
        return rows.map((row) => row['QUERY PLAN']).join('\n');
      });
    const all = { ownerUserId: null };
    expect(await planOf(all)).toContain('outbound_deliveries_newest');
    expect(await planOf({ ...all, endpointId })).toContain('outbound_deliveries_of_endpoint');
    expect(await planOf({ ...all, status: 'failed' })).toContain('outbound_deliveries_troubled');
    for (const filter of [all, { ...all, endpointId }, { ...all, status: 'failed' } as const]) {
      expect(await planOf(filter)).not.toMatch(/Seq Scan on outbound_deliveries|Sort/);
    }
  });

  test('S-048 S-127 answers 404 for a delivery of another tenant, as for an unknown one', async () => {
    const { receiver, id } = await failingBench([3_600_000]);
    const { api: foreign } = await makeEndpointBench(rig);
    for (const each of [id, `whd_${'0'.repeat(32)}`, 'nonsense']) {
      const answers = [
        await foreign.get(`${path}/${each}`),
        await foreign.post(`${path}/${each}/retry-now`),
        await foreign.post(`${path}/${each}/pause`),
        await foreign.post(`${path}/${each}/resume`),
        await foreign.post(`${path}/${each}/cancel`),
        await foreign.post(`${endpointsPath}/replay`, { deliveryId: each }),
      ];
      expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 404));
    }
    await receiver.close();
  });
});

describe('an open delivery', () => {
  test('is retried at once, and is then settled: every command answers 409', async () => {
    const { api, receiver, id } = await failingBench([3_600_000, 3_600_000]);
    receiver.answer(204);
    expect((await api.post(`${path}/${id}/retry-now`)).status).toBe(200);
    await eventually(async () =>
      expect((await api.get(`${path}/${id}`)).body.data).toMatchObject({
        status: 'delivered',
        attemptCount: 2,
      }),
    );
    for (const verb of ['retry-now', 'pause', 'resume', 'cancel']) {
      const answer = await api.post(`${path}/${id}/${verb}`);
      expect(answer, verb).toMatchObject({ status: 409, body: { code: 'delivery_settled' } });
    }
    await receiver.close();
  });

  test('is held while it is paused, and goes on when it is resumed', async () => {
    const { api, receiver, id } = await failingBench([3_600_000]);
    const paused = await api.post(`${path}/${id}/pause`);
    expect(paused.body.data).toMatchObject({ status: 'held', holdReason: 'delivery_paused' });
    receiver.answer(204);
    expect((await api.post(`${path}/${id}/resume`)).status).toBe(200);
    await eventually(async () =>
      expect((await api.get(`${path}/${id}`)).body.data.status).toBe('delivered'),
    );
    await receiver.close();
  });

  test('S-123 is canceled, which its log and the audit log tell', async () => {
    const { api, receiver, id, user } = await failingBench([3_600_000]);
    expect((await api.post(`${path}/${id}/cancel`)).body.data.status).toBe('canceled');
    const { body } = await api.get('/audit?limit=1');
    expect(body.data).toMatchObject([{ action: 'webhook_delivery.canceled', actorId: user.id }]);
    await receiver.close();
  });

  test('is canceled and hastened while Temporal is away: the row says so, and the rest follows', async () => {
    const { receiver, id, user, tenant } = await failingBench([3_600_000]);
    const away = await rig.startGateway({
      temporalAddress: '127.0.0.1:1',
      env: { TIDEGATE_EGRESS_ALLOW_LOOPBACK: 'true', TIDEGATE_INBOUND_WORKER: 'false' },
    });
    receiver.answer(204);
    const answer = await apiAs(away.url, user.token).post(`${path}/${id}/retry-now`);
    expect(answer.status).toBe(200);
    await eventually(async () =>
      expect(await rig.deliveries(tenant)).toMatchObject([{ status: 'delivered' }]),
    );
    await away.close();
    await receiver.close();
  });
});

describe('a replay', () => {
  test('S-051 S-056 of a failed delivery is a new one from attempt 1, with the same event and the same bytes', async () => {
    const { api, receiver, id, tenant, user } = await failingBench([]);
    receiver.answer(204);
    const answer = await api.post(`${endpointsPath}/replay`, { deliveryId: id });
    expect(answer).toMatchObject({ status: 201, body: { success: true } });
    await eventually(() => expect(receiver.requests).toHaveLength(2));
    const [first, second] = receiver.requests;
    expect(second?.body).toBe(first?.body);
    expect(second?.headers['webhook-id']).toBe(first?.headers['webhook-id']);
    expect(second?.headers['x-tidegate-attempt']).toBe('1');
    const copy = await eventually(async () => {
      const [, second] = await rig.deliveries(tenant);
      expect(second).toMatchObject({ status: 'delivered' });
      return second;
    });
    expect(wire(copy?.id)).toBe(answer.body.deliveryId);
    expect((await api.get(`${path}/${id}`)).body.data).toMatchObject({
      status: 'failed',
      replays: [answer.body.deliveryId],
    });
    expect((await api.get(`${path}/${answer.body.deliveryId}`)).body.data).toMatchObject({
      origin: 'replay',
      replayedFrom: id,
      status: 'delivered',
      attemptCount: 1,
    });
    const { body } = await api.get('/audit?limit=1');
    expect(body.data).toMatchObject([{ action: 'webhook_delivery.replayed', actorId: user.id }]);
    await receiver.close();
  });

  test('S-051 of a retrying delivery takes its place', async () => {
    const { api, receiver, id, tenant } = await failingBench([3_600_000]);
    receiver.answer(204);
    await api.post(`${endpointsPath}/replay`, { deliveryId: id });
    await eventually(async () =>
      expect(await rig.deliveries(tenant)).toMatchObject([
        { status: 'canceled' },
        { status: 'delivered' },
      ]),
    );
    await receiver.close();
  });

  test('S-051 is refused for delivered and held ones, and when event or endpoint is gone', async () => {
    const { api, receiver, id, tenant, create, endpoint } = await failingBench([]);
    const replay = (deliveryId: string) => api.post(`${endpointsPath}/replay`, { deliveryId });
    const refused = { status: 409, body: { code: 'replay_refused' } };

    const second = await create({ url: receiver.url, eventTypes: ['invoice.*'] });
    receiver.answer(204);
    await rig.publish(tenant, { type: 'ticket.updated' });
    await api.post(`${endpointsPath}/${second.data.id}/pause`);
    await rig.publish(tenant, { type: 'invoice.status_changed' });
    await eventually(async () => {
      const rows = (await rig.deliveries(tenant)).slice(1);
      expect(new Set(rows.map(({ status }) => status))).toEqual(new Set(['delivered', 'held']));
      expect(rows.every(({ status }) => status === 'delivered' || status === 'held')).toBe(true);
    });
    for (const row of (await rig.deliveries(tenant)).slice(1)) {
      expect(await replay(wire(row.id))).toMatchObject(refused);
    }
    await rig.database.admin.query('delete from events where tenant_id = $1', [tenant.id]);
    expect(await replay(id)).toMatchObject(refused);
    await api.delete(`${endpointsPath}/${endpoint.id}`);
    expect(await replay(id)).toMatchObject(refused);
    await receiver.close();
  });
});
