import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { fromWireId, toWireId } from '../../shared/domain/ids.ts';
import { apiAs } from '../support/api.ts';
import { eventually } from '../support/eventually.ts';
import type { GatewayProcess } from '../support/faults/gateway-process.ts';
import { faultTimeoutMs, startRig, type Rig } from '../support/faults/rig.ts';
import { makeEndpoint } from '../support/outbound.ts';
import { pastDeliveries } from '../support/past-deliveries.ts';
import { startReceiver, type TestReceiver } from '../support/receiver.ts';

vi.setConfig({ testTimeout: faultTimeoutMs, hookTimeout: faultTimeoutMs });

/**
 * A replay of some hundreds of failed deliveries, in pages of 200 four seconds apart, whose process is
 * killed on the way. Another one comes afterwards.
 */
const total = 500;
const pageRows = 200;
const perSecond = 50;
const path = '/webhooks/replay-jobs';

let rig: Rig;
let receiver: TestReceiver;
let token: string;
beforeEach(async () => {
  rig = await startRig();
  receiver = await startReceiver();
  ({ token } = await rig.factory.user(rig.hook.tenant));
  const { id } = await makeEndpoint(rig.factory.withTenant, rig.masterKeys, rig.hook.tenant.id, {
    url: receiver.url,
    eventTypes: ['ticket.created'],
    timeoutMs: 1_000,
    maxInFlight: 20,
    ratePerMinute: 60_000,
    retryProfile: 'custom',
    retryWaitsMs: [1_000, 1_000],
  });
  const past = { status: 'failed', agoMs: 3_600_000, count: total } as const;
  await pastDeliveries(rig.database, rig.hook.tenant, id, past);
});
afterEach(async () => {
  await rig.stop();
  await receiver.close();
});

const env = { TIDEGATE_EGRESS_ALLOW_LOOPBACK: 'true' };

/** Starts the replay at a gateway; returns the id of its job. */
async function startReplay({ url }: GatewayProcess): Promise<string> {
  const filter = { from: new Date(Date.now() - 86_400_000).toISOString() };
  const { status, body } = await apiAs(url, token).post(path, { filter, perSecond });
  expect(status).toBe(202);
  return body.data.id;
}

interface Standing {
  readonly state: string;
  /** How many deliveries the job has scheduled, by its own count. */
  readonly done: number;
  /** How many of them have not ended. */
  readonly open: number;
}

/** How a job stands. Read past the API, whose rate limit ends waiting for a condition. */
async function standing(id: string): Promise<Standing | undefined> {
  const { rows } = await rig.database.admin.query<Standing>(
    `select j.state, j.done,
       (select count(*) from outbound_deliveries d
         where d.replay_job_id = j.id and d.settled_at is null)::integer as open
     from replay_jobs j where j.id = $1`,
    [fromWireId('replayJob', id)],
  );
  return rows[0];
}

const reaches = (id: string, done: number) =>
  eventually(async () => expect(await standing(id)).toMatchObject({ done }));

interface Replayed {
  readonly event_id: string;
  readonly attempts: number;
  readonly body: string;
  readonly source_body: string;
}

async function replayed(): Promise<readonly Replayed[]> {
  const { rows } = await rig.database.admin.query<Replayed>(
    `select d.event_id, d.attempts, d.body, s.body as source_body
     from outbound_deliveries d
     join outbound_deliveries s on s.tenant_id = d.tenant_id and s.id = d.replayed_from
     where d.tenant_id = $1 and d.origin = 'replay'`,
    [rig.hook.tenant.id],
  );
  return rows;
}

/**
 * Waits until the job and all that it scheduled have ended; then holds its counts and what the receiver
 * got against the deliveries that failed.
 */
async function expectEachSentAndCountedOnce(id: string, { url }: GatewayProcess): Promise<void> {
  await eventually(
    async () => expect(await standing(id)).toMatchObject({ state: 'completed', open: 0 }),
    90_000,
  );
  const { body: job } = await apiAs(url, token).get(`${path}/${id}`);
  expect(job.data).toMatchObject({
    state: 'completed',
    progress: { total, done: total, skipped: 0, open: 0, delivered: total, failed: 0 },
  });
  const rows = await replayed();
  expect(rows).toHaveLength(total);
  expect(new Set(rows.map(({ event_id }) => event_id)).size).toBe(total);
  const got = Map.groupBy(receiver.requests, ({ headers }) => String(headers['webhook-id']));
  expect(got.size).toBe(total);
  for (const { event_id, attempts, body, source_body } of rows) {
    const requests = got.get(toWireId('event', event_id)) ?? [];
    expect(body).toBe(source_body);
    expect(new Set(requests.map((request) => request.body))).toEqual(new Set([body]));
    // Twice only where an attempt was lost with its process.
    expect(requests.length).toBeLessThanOrEqual(attempts);
  }
  const { rows: told } = await rig.database.admin.query<{ data: object }>(
    `select data from events where tenant_id = $1 and type = 'replay.completed'`,
    [rig.hook.tenant.id],
  );
  expect(told).toMatchObject([{ data: { scheduled: total, skipped: 0 } }]);
}

describe('a replay whose process is killed', () => {
  test('S-056 S-060 in the middle of a page that is being sent: each delivery is sent, and counted once', async () => {
    const doomed = await rig.gateway({ env });
    const id = await startReplay(doomed);
    await eventually(() => expect(receiver.requests.length).toBeGreaterThan(50));
    await doomed.kill();
    expect(await standing(id)).toMatchObject({ done: pageRows });
    expect(receiver.requests.length).toBeLessThan(pageRows);
    await expectEachSentAndCountedOnce(id, await rig.gateway({ env }));
  });

  test('S-056 S-060 after the commit of a page that its run never heard of: the page is not sent again', async () => {
    const link = await rig.temporalLink();
    const doomed = await rig.gateway({ env, temporal: link });
    const id = await startReplay(doomed);
    await reaches(id, pageRows);
    const admin = await rig.database.admin.connect();
    await admin.query('begin; select from replay_jobs for update');
    // The next page waits for the row of its job.
    await eventually(async () => {
      const { rows } = await rig.database.admin.query(
        `select from pg_stat_activity where wait_event_type = 'Lock' and query like '%replay_jobs%'`,
      );
      expect(rows).toHaveLength(1);
    });
    link.blackhole();
    await admin.query('rollback');
    admin.release();
    await reaches(id, 2 * pageRows);
    await doomed.kill();
    await expectEachSentAndCountedOnce(id, await rig.gateway({ env }));
  });
});
