import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { AttemptInput } from '../../activities/delivery/contract.ts';
import { openAttempt } from '../../activities/delivery/open-attempt.ts';
import { parseKeyRing } from '../../shared/crypto/key-ring.ts';
import { makeTenantVault } from '../../shared/crypto/tenant-vault.ts';
import { lockGateOnly } from '../../shared/db/queries/endpoint-gates.ts';
import { commandDelivery } from '../../shared/db/queries/outbound-deliveries.ts';
import {
  lineUpBehind,
  lineUpForPlace,
  queueForPlace,
  releaseLine,
  takeNextWaiting,
} from '../../shared/db/queries/outbound-places.ts';
import type { AnnouncedDelivery, TenantTx } from '../../shared/db/tenant.ts';
import {
  parseOutboundDeliveryId,
  type EndpointId,
  type OutboundDeliveryId,
} from '../../shared/domain/ids.ts';
import { publishEvent } from '../../shared/outbound/publish-event.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { makeFactory, type Factory, type TestTenant } from '../support/factory.ts';
import { makeEndpoint } from '../support/outbound.ts';

/** The line of an endpoint by itself: no worker runs. */
let database: TestDatabase;
let factory: Factory;
let tenant: TestTenant;
let endpointId: EndpointId;
let ids: OutboundDeliveryId[];

const masterKeys = `test:${randomBytes(32).toString('base64')}`;
const count = 6;
const fallbackMs = 300_000;

beforeAll(async () => {
  database = await createTestDatabase();
  factory = makeFactory(database.appUrl, masterKeys);
});
afterAll(async () => {
  await factory.close();
  await database.drop();
});
beforeEach(async () => {
  tenant = await factory.tenant();
  const settings = { url: 'https://receiver.example/', maxInFlight: 10 };
  ({ id: endpointId } = await makeEndpoint(factory.withTenant, masterKeys, tenant.id, settings));
  await factory.withTenant(tenant.id, async (tx) => {
    for (let n = 0; n < count; n += 1) {
      await publishEvent(tx, {
        type: 'ticket.created',
        objectType: 'ticket',
        objectId: String(n),
        deliveryId: null,
        data: {},
      });
    }
  });
  const { rows } = await database.admin.query<{ id: string }>(
    'select id from outbound_deliveries where tenant_id = $1 order by created_at, id',
    [tenant.id],
  );
  ids = rows.map(({ id }) => parseOutboundDeliveryId(id));
});

/** With the gate locked, as every caller has it. */
const atGate = <Result>(work: (tx: TenantTx) => Promise<Result>): Promise<Result> =>
  factory.withTenant(tenant.id, async (tx) => {
    lockGateOnly(tx, endpointId);
    return work(tx);
  });
const lineUp = (some: readonly OutboundDeliveryId[]) =>
  factory.withTenant(tenant.id, (tx) => lineUpForPlace(tx, some, fallbackMs));
const next = (after: 'success' | 'failure', places: number) =>
  atGate((tx) => takeNextWaiting(tx, endpointId, { after, places }));
const idsOf = (deliveries: readonly AnnouncedDelivery[]) =>
  deliveries.map(({ deliveryId }) => deliveryId);

/** Attempts that take up places. */
async function underWay(some: readonly OutboundDeliveryId[]): Promise<void> {
  await database.admin.query(
    `insert into outbound_attempts (tenant_id, delivery_id, number, endpoint_id, lease_until, url)
     select $1, id, 1, $2, now() + interval '1 minute', 'https://receiver.example/'
     from unnest($3::uuid[]) id`,
    [tenant.id, endpointId, some],
  );
}

async function rows() {
  const found = await database.admin.query<{
    id: string;
    is_waiting: boolean;
    due_in_s: string;
  }>(
    `select id, waiting_since is not null as is_waiting,
       extract(epoch from wake_due_at - clock_timestamp()) as due_in_s
     from outbound_deliveries where tenant_id = $1 order by created_at, id`,
    [tenant.id],
  );
  return found.rows;
}

describe('the line for a place', () => {
  test('S-059 gives a place to the next one, and none when none is free', async () => {
    await lineUp(ids.slice(2));
    await underWay(ids.slice(0, 2));
    expect(await next('success', 2)).toEqual([]);
    expect(await next('failure', 2)).toEqual([]);
    expect(idsOf(await next('failure', 3))).toEqual([ids[2]]);
    expect(idsOf(await next('success', 3))).toEqual([ids[3]]);
  });

  test('S-059 gives two places after a success while more than half are free', async () => {
    await lineUp(ids.slice(1));
    await underWay(ids.slice(0, 1));
    expect(idsOf(await next('success', 10)).toSorted()).toEqual([ids[1], ids[2]]);
    expect(await next('success', 2)).toHaveLength(1);
    expect(await next('failure', 10)).toHaveLength(1);
  });

  test('S-059 with one place, one goes at a time', async () => {
    await lineUp(ids);
    expect(await next('success', 1)).toHaveLength(1);
  });

  test('who lines up behind others waits for them, and goes at once when they have gone', async () => {
    const [first = '', ...others] = ids;
    const behind = (some: readonly OutboundDeliveryId[]) =>
      factory.withTenant(tenant.id, (tx) => lineUpBehind(tx, endpointId, some, fallbackMs));
    await underWay([first as OutboundDeliveryId]);
    expect(await behind(others.slice(0, 3))).toEqual([]);
    await database.admin.query(
      `update outbound_attempts set finished_at = now(), outcome = 'failed' where delivery_id = $1`,
      [first],
    );
    expect(idsOf(await behind(others.slice(3)))).toEqual([others[0]]);
  });

  test('is left for what its owner asks for, which goes first', async () => {
    await lineUp(ids.slice(0, 4));
    const asked = ids[5]!;
    await factory.withTenant(tenant.id, async (tx) => {
      await commandDelivery(tx, asked, 'retryNow');
      await queueForPlace(tx, asked, endpointId, { fallbackMs, hasRateSlot: false });
    });
    expect(idsOf(await next('failure', 1))).toEqual([asked]);
  });

  test('S-109 is let go in its order and at the rate of its endpoint, except who sleeps until later', async () => {
    await lineUp(ids);
    await database.admin.query(
      `update outbound_deliveries set status = 'retrying', attempts = 1, failures = 1,
         next_attempt_at = now() + interval '1 hour' where id = $1`,
      [ids[5]],
    );
    expect(await atGate((tx) => releaseLine(tx, endpointId, 60))).toBe(5);
    const found = await rows();
    expect(found.map(({ is_waiting }) => is_waiting)).toEqual([...Array(5).fill(false), true]);
    const [first = NaN, ...others] = found.slice(0, 5).map(({ due_in_s }) => Number(due_in_s));
    expect(first).toBeLessThanOrEqual(0);
    for (const [index, dueIn] of others.entries()) expect(dueIn - first).toBeCloseTo(index + 1, 1);
  });
});

describe('a delivery of an endpoint that is down', () => {
  const vault = makeTenantVault(parseKeyRing(masterKeys));
  const open = (lane: AttemptInput['lane']) =>
    factory.withTenant(tenant.id, (tx) => openAttempt(vault, tx, ids[5]!, lane));

  beforeEach(async () => {
    await database.admin.query(
      `update endpoint_gates set failures_in_a_row = 3, failing_since = now(), last_duration_ms = 15000
       where endpoint_id = $1`,
      [endpointId],
    );
  });

  test.for(['fast', 'burst'] as const)(
    'S-059 that finds no place in the %s lane is lined up there, and nobody is asked again',
    async (lane) => {
      await underWay(ids.slice(0, 2));
      const opened = await open(lane);
      expect(opened).toMatchObject({
        kind: 'not_now',
        result: { kind: 'wait', reason: 'trouble' },
      });
      expect((await rows())[5]).toMatchObject({ is_waiting: true });
    },
  );

  test('S-059 that finds one is left to whoever has the patience, and counts there', async () => {
    await underWay(ids.slice(0, 1));
    expect(await open('burst')).toMatchObject({ result: { kind: 'turned_away' } });
    expect((await rows())[5]).toMatchObject({ is_waiting: false });
    expect(await open('patient')).toMatchObject({ kind: 'opened' });
  });

  test('S-059 finds none in the patient lane either when both are taken', async () => {
    await underWay(ids.slice(0, 2));
    expect(await open('patient')).toMatchObject({ result: { kind: 'wait', reason: 'trouble' } });
  });
});

describe('a delivery that sleeps until a later attempt', () => {
  const vault = makeTenantVault(parseKeyRing(masterKeys));
  const open = () =>
    factory.withTenant(tenant.id, (tx) => openAttempt(vault, tx, ids[0]!, 'patient'));

  beforeEach(async () => {
    await database.admin.query(
      `update outbound_deliveries set status = 'retrying', attempts = 1, failures = 1,
         next_attempt_at = now() + interval '1 hour' where id = $1`,
      [ids[0]],
    );
  });

  test('S-072 sleeps on when it is woken late or twice, and uses up no attempt', async () => {
    const opened = await open();
    expect(opened).toMatchObject({ kind: 'not_now', result: { kind: 'wait', reason: 'retry' } });
    const { waitMs } = (opened as { result: { waitMs: number } }).result;
    expect(waitMs).toBeGreaterThan(3_500_000);
    const { rows } = await database.admin.query(
      'select attempts from outbound_deliveries where id = $1',
      [ids[0]],
    );
    expect(rows).toEqual([{ attempts: 1 }]);
  });

  test('is due when it is called to a place, because its endpoint answers again', async () => {
    await lineUp(ids.slice(0, 1));
    expect(idsOf(await next('success', 10))).toEqual([ids[0]]);
    expect(await open()).toMatchObject({ kind: 'opened', attempt: { number: 2 } });
  });

  test('is due when its owner asks for it', async () => {
    await factory.withTenant(tenant.id, (tx) => commandDelivery(tx, ids[0]!, 'retryNow'));
    expect(await open()).toMatchObject({ kind: 'opened' });
  });
});
