import { v7 as uuidv7 } from 'uuid';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { makeReplayActivities } from '../../activities/replay/activities.ts';
import type { Pool } from '../../shared/db/pool.ts';
import { toWireId } from '../../shared/domain/ids.ts';
import { findEventType } from '../../shared/events/catalogue.ts';
import { openAppPool } from '../support/database.ts';
import { apiAs, type ApiAnswer, type ApiCaller } from '../support/api.ts';
import { eventually } from '../support/eventually.ts';
import type { TestTenant } from '../support/factory.ts';
import { maintenanceActivities } from '../support/maintenance.ts';
import { startOutboundRig, type OutboundRig } from '../support/outbound-rig.ts';
import type { TestEndpoint } from '../support/outbound.ts';
import { pastDelivery } from '../support/past-deliveries.ts';
import { startReceiver, type TestReceiver } from '../support/receiver.ts';

const hourMs = 3_600_000;

let rig: OutboundRig;
let receiver: TestReceiver;
let pool: Pool;
let tenant: TestTenant;
let endpoint: TestEndpoint;
let api: ApiCaller;

beforeAll(async () => {
  rig = await startOutboundRig();
  receiver = await startReceiver();
  pool = openAppPool(rig.database.appUrl);
});
afterAll(async () => {
  await pool.end();
  await receiver.close();
  await rig.stop();
});
beforeEach(async () => {
  tenant = await rig.factory.tenant();
  api = apiAs(rig.gateway.url, (await rig.factory.user(tenant)).token);
  endpoint = await endpointAt('all');
});

const endpointAt = (path: string) =>
  rig.endpoint(tenant, {
    url: `${receiver.url}/${tenant.slug}/${path}`,
    eventTypes: ['ticket.created'],
    maxInFlight: 20,
    ratePerMinute: 60_000,
  });

/** Deliveries that failed, one an hour ago each. */
async function failed(count: number, of = endpoint): Promise<string[]> {
  const ids: string[] = [];
  for (let made = 0; made < count; made += 1) {
    const body = JSON.stringify({ number: made });
    ids.push(
      await pastDelivery(rig.database, tenant, of.id, { status: 'failed', agoMs: hourMs, body }),
    );
  }
  return ids;
}

const path = '/webhooks/replay-jobs';
const from = () => new Date(Date.now() - 24 * hourMs).toISOString();
const start = (filter: object = {}, perSecond = 1_000): Promise<ApiAnswer> =>
  api.post(path, { filter: { from: from(), ...filter }, perSecond });
const read = async (id: string) => (await api.get(`${path}/${id}`)).body.data;

/** Waits until a job is in a state and all that it scheduled has ended. */
const finished = (id: string, state = 'completed') =>
  eventually(async () => {
    const job = await read(id);
    expect(job).toMatchObject({ state, progress: { open: 0 } });
    return job;
  }, 30_000);

const requests = (rest = 'all') =>
  receiver.requests.filter((request) => request.path === `/${tenant.slug}/${rest}`);

async function replays(): Promise<readonly { id: string; replayed_from: string; wake: Date }[]> {
  const { rows } = await rig.database.admin.query<{
    id: string;
    replayed_from: string;
    wake: Date;
  }>(
    `select id, replayed_from, wake_due_at as wake from outbound_deliveries
     where tenant_id = $1 and origin = 'replay' order by wake_due_at, created_at`,
    [tenant.id],
  );
  return rows;
}

describe('a replay of failed deliveries', () => {
  test('sends each again with its bytes and its event id, and says what became of them', async () => {
    const sources = await failed(5);
    const { status, body } = await start();
    expect(status).toBe(202);
    expect(body.data).toMatchObject({
      id: expect.stringMatching(/^rpl_[0-9a-f]{32}$/),
      progress: { total: 5, done: 0 },
    });
    const job = await finished(body.data.id);
    expect(job.progress).toEqual({
      total: 5,
      done: 5,
      skipped: 0,
      open: 0,
      delivered: 5,
      failed: 0,
      canceled: 0,
    });
    expect((await replays()).map(({ replayed_from }) => replayed_from).toSorted()).toEqual(
      sources.toSorted(),
    );
    expect(
      requests()
        .map((request) => request.body)
        .toSorted(),
    ).toEqual([0, 1, 2, 3, 4].map((number) => JSON.stringify({ number })));
    for (const request of requests()) {
      const verify = () =>
        new Webhook(endpoint.secret).verify(
          request.body,
          request.headers as Record<string, string>,
        );
      expect(verify).not.toThrow();
    }
  });

  test('S-123 is audited, and told of by an event that fits its schema', async () => {
    await failed(2);
    const { body } = await start();
    await finished(body.data.id);
    const { rows } = await rig.database.admin.query<{ data: unknown }>(
      `select data from events where tenant_id = $1 and type = 'replay.completed'`,
      [tenant.id],
    );
    expect(rows).toMatchObject([{ data: { replayId: body.data.id, scheduled: 2, skipped: 0 } }]);
    expect(findEventType('replay.completed')?.data.safeParse(rows[0]?.data).success).toBe(true);
    const audit = await api.get('/audit?resourceType=replay');
    expect(
      audit.body.data.map(({ action, actorType }: Record<string, string>) => [action, actorType]),
    ).toEqual([
      ['replay.completed', 'system'],
      ['replay.started', 'user'],
    ]);
  });

  test('keeps to the endpoints, types, deliveries and times that it names', async () => {
    const other = await endpointAt('other');
    const [first] = await failed(2);
    await failed(1, other);
    const kept = { status: 'failed', agoMs: hourMs } as const;
    await pastDelivery(rig.database, tenant, endpoint.id, { ...kept, eventType: 'asset.created' });
    await pastDelivery(rig.database, tenant, endpoint.id, { ...kept, agoMs: 48 * hourMs });
    await pastDelivery(rig.database, tenant, endpoint.id, { ...kept, status: 'delivered' });
    await pastDelivery(rig.database, tenant, endpoint.id, { ...kept, status: 'canceled' });
    const count = async (filter: object) =>
      (await api.post(`${path}/count`, { filter: { from: from(), ...filter } })).body.matched;
    expect(await count({})).toBe(4);
    expect(await count({ endpointIds: [toWireId('endpoint', other.id)] })).toBe(1);
    expect(await count({ eventTypes: ['asset.created'] })).toBe(1);
    expect(await count({ deliveryIds: [toWireId('outboundDelivery', first ?? '')] })).toBe(1);
    expect(await count({ status: 'delivered' })).toBe(1);
    expect(await count({ status: 'canceled' })).toBe(1);
    expect(await count({ from: new Date(Date.now() - 72 * hourMs).toISOString() })).toBe(5);
    expect(await count({ to: new Date(Date.now() - 2 * hourMs).toISOString() })).toBe(0);
    expect(await replays()).toEqual([]);
  });

  test('passes over what the endpoint was given since, and endpoints that are gone', async () => {
    const eventId = uuidv7();
    const twice = { status: 'failed', eventId, origin: 'redelivery' } as const;
    await pastDelivery(rig.database, tenant, endpoint.id, { ...twice, agoMs: 3 * hourMs });
    await pastDelivery(rig.database, tenant, endpoint.id, { ...twice, agoMs: 2 * hourMs });
    await pastDelivery(rig.database, tenant, uuidv7(), { status: 'failed', agoMs: hourMs });
    const { body } = await start();
    expect((await finished(body.data.id)).progress).toMatchObject({
      total: 3,
      done: 1,
      skipped: 2,
    });
    expect(requests()).toHaveLength(1);
  });

  test('schedules at its pace', async () => {
    await failed(6);
    receiver.answer(204);
    const { body } = await start({}, 2);
    await finished(body.data.id);
    const done = await rig.database.admin.query<{ spread: number }>(
      `select extract(epoch from max(last_attempt_at) - min(created_at))::double precision as spread
       from outbound_deliveries where tenant_id = $1 and origin = 'replay'`,
      [tenant.id],
    );
    // The sixth goes two and a half seconds after the first could.
    expect(done.rows[0]?.spread).toBeGreaterThan(2);
  });

  test('holds what goes to a paused endpoint', async () => {
    await failed(2);
    await api.post(`/webhooks/${toWireId('endpoint', endpoint.id)}/pause`);
    const { body } = await start();
    await eventually(async () =>
      expect(await read(body.data.id)).toMatchObject({
        state: 'completed',
        progress: { done: 2, open: 2 },
      }),
    );
    expect(requests()).toEqual([]);
  });
});

describe('a replay of what was missed', () => {
  test('sends events that match an endpoint today and never had a delivery to it', async () => {
    await rig.publish(tenant, { type: 'ticket.created', data: { number: 1 } });
    await rig.publish(tenant, { type: 'ticket.updated', data: { number: 1 } });
    await eventually(() => expect(requests()).toHaveLength(1));
    await endpointAt('late');
    const filter = { status: 'missing' };
    const counted = await api.post(`${path}/count`, { filter: { from: from(), ...filter } });
    expect(counted.body).toEqual({ matched: 1 });
    const { body } = await start(filter);
    expect((await finished(body.data.id)).progress).toMatchObject({ total: 1, done: 1 });
    expect(requests('late')).toHaveLength(1);
    expect(requests('late')[0]?.body).toBe(requests()[0]?.body);
    const again = await start(filter);
    expect((await finished(again.body.data.id)).progress).toMatchObject({ total: 0, done: 0 });
  });
});

describe('the owner of a replay', () => {
  test('pauses, resumes and cancels it; what is settled takes no command', async () => {
    // Pages of ten, ten seconds apart; each command lets one more page go, and so may its echo.
    await failed(200);
    const { body } = await start({}, 1);
    const { id } = body.data;
    await eventually(async () => expect((await read(id)).progress.done).toBeGreaterThan(0));
    expect((await api.post(`${path}/${id}/pause`)).body.data.state).toBe('paused');
    const { progress } = await read(id);
    expect(progress.done).toBeLessThan(200);
    expect((await api.post(`${path}/${id}/pause`)).body.code).toBe('replay_settled');
    expect((await api.post(`${path}/${id}/resume`)).body.data.state).toBe('running');
    await eventually(async () =>
      expect((await read(id)).progress.done).toBeGreaterThan(progress.done),
    );
    const canceled = await api.post(`${path}/${id}/cancel`);
    expect(canceled.body.data).toMatchObject({ state: 'canceled', finishedAt: expect.any(String) });
    for (const command of ['pause', 'resume', 'cancel']) {
      expect(await api.post(`${path}/${id}/${command}`)).toMatchObject({
        status: 409,
        body: { code: 'replay_settled' },
      });
    }
    expect((await read(id)).progress.done).toBeLessThan(200);
  });

  test('S-127 alone sees it', async () => {
    const { body } = await start();
    const other = apiAs(
      rig.gateway.url,
      (await rig.factory.user(await rig.factory.tenant())).token,
    );
    expect((await other.get(`${path}/${body.data.id}`)).status).toBe(404);
    expect((await other.post(`${path}/${body.data.id}/cancel`)).status).toBe(404);
    expect((await other.get(path)).body.data).toEqual([]);
    expect((await api.get(path)).body.data).toHaveLength(1);
  });

  test.for([
    ['an empty range', { from: '2026-01-02T00:00:00Z', to: '2026-01-01T00:00:00Z' }],
    ['a range of a year', { from: '2020-01-01T00:00:00Z', to: '2021-01-01T00:00:00Z' }],
    ['an id of another kind', { endpointIds: ['evt_018f2f6e9c007e209b664daf702e3b88'] }],
    ['missing deliveries by name', { status: 'missing', deliveryIds: ['whd_1'] }],
    ['an unknown status', { status: 'pending' }],
  ] as const)('is refused %s', async ([, filter]) => {
    expect(await start(filter)).toMatchObject({ status: 400, body: { code: 'validation_failed' } });
  });
});

describe('a page', () => {
  test('that is worked on twice at once schedules nothing twice', async () => {
    await failed(40);
    const { withTenant } = rig.factory;
    const jobId = uuidv7();
    await rig.database.admin.query(
      `insert into replay_jobs (tenant_id, id, filter, per_second, total)
       values ($1, $2, $3, 1, 40)`,
      [
        tenant.id,
        jobId,
        JSON.stringify({
          status: 'failed',
          from: from(),
          to: new Date().toISOString(),
          endpointIds: null,
          eventTypes: null,
          deliveryIds: null,
        }),
      ],
    );
    const { replayPage } = makeReplayActivities({ withTenant });
    const input = { tenantId: tenant.id, jobId };
    const steps = await Promise.all(Array.from({ length: 8 }, () => replayPage(input)));
    expect(steps.filter(({ kind }) => kind === 'more')).toHaveLength(4);
    expect(steps.filter(({ kind }) => kind === 'ended')).toHaveLength(4);
    const made = await replays();
    expect(made).toHaveLength(40);
    expect(new Set(made.map(({ replayed_from }) => replayed_from)).size).toBe(40);
  });
});

describe('a replay whose run is gone', () => {
  test('S-138 is found and started again by the maintenance job', async () => {
    await failed(1);
    const { body } = await start({}, 1);
    await finished(body.data.id);
    await rig.database.admin.query(
      `update replay_jobs set state = 'running', finished_at = null, cursor_at = null,
         cursor_id = null, updated_at = now() - interval '10 minutes' where tenant_id = $1`,
      [tenant.id],
    );
    const roused: string[] = [];
    const result = await maintenanceActivities(pool, rig.factory, {
      rouseReplay: async (_tenantId, jobId) => void roused.push(toWireId('replayJob', jobId)),
    }).runMaintenanceJob({
      name: 'startReplays',
      olderThanMs: 120_000,
      rowsMax: 100,
      pauseMs: 1,
      timeMaxMs: 5_000,
    });
    expect(result).toEqual({ rows: 1, isDone: true });
    expect(roused).toEqual([body.data.id]);
  });
});
