import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { makeDeliveryActivities } from '../../activities/delivery/activities.ts';
import { parseKeyRing } from '../../shared/crypto/key-ring.ts';
import { makeTenantVault } from '../../shared/crypto/tenant-vault.ts';
import { makeSlots } from '../../shared/domain/slots.ts';
import { makeEgress, type Egress } from '../../shared/egress/egress.ts';
import { closedPolicy } from '../../shared/egress/policy.ts';
import { makeResolve } from '../../shared/egress/resolver.ts';
import { makeLogger } from '../../shared/telemetry/logger.ts';
import type { EventTypeName } from '../../shared/events/catalogue.ts';
import { validateEventData } from '../../shared/events/validate.ts';
import { eventually } from '../support/eventually.ts';
import type { TestTenant } from '../support/factory.ts';
import { startOutboundRig, type OutboundRig } from '../support/outbound-rig.ts';
import { startReceiver, type Answer, type TestReceiver } from '../support/receiver.ts';

let rig: OutboundRig;
const receivers: TestReceiver[] = [];

beforeAll(async () => {
  rig = await startOutboundRig();
});
afterEach(async () => {
  await Promise.all(receivers.splice(0).map((receiver) => receiver.close()));
});
afterAll(() => rig.stop());

async function receiver(answer?: Answer): Promise<TestReceiver> {
  const started = await startReceiver(answer);
  receivers.push(started);
  return started;
}

/** Tried again after these many milliseconds, without jitter. */
const ladder = (...retryWaitsMs: number[]) => ({ retryProfile: 'custom', retryWaitsMs }) as const;

const untilSettled = (tenant: TestTenant, status: string) =>
  eventually(async () => {
    const [delivery] = await rig.deliveries(tenant);
    expect(delivery).toMatchObject({ status });
    return delivery!;
  });

/** What was reported of the work itself, each in the form that its type promises. */
async function expectReports(tenant: TestTenant, types: readonly string[]): Promise<void> {
  const { rows } = await rig.database.admin.query<{ type: string; data: unknown }>(
    `select type, data from events
     where tenant_id = $1 and split_part(type, '.', 1) in ('delivery', 'endpoint') order by type`,
    [tenant.id],
  );
  expect(rows.map(({ type }) => type)).toEqual(types);
  for (const { type, data } of rows) {
    expect(validateEventData(type as EventTypeName, data)).toMatchObject({ ok: true });
  }
}

describe('a delivery', () => {
  test('S-056 S-072 carries the same id and body on every attempt, and the number of each', async () => {
    let calls = 0;
    const { url, requests } = await receiver((response) => {
      calls += 1;
      response.writeHead(calls < 3 ? 500 : 200).end('{"seen":true}');
    });
    const tenant = await rig.factory.tenant();
    await rig.endpoint(tenant, { url, ...ladder(1, 1, 1) });
    await rig.publish(tenant, { type: 'ticket.created', data: { n: 1 } });
    const delivery = await untilSettled(tenant, 'delivered');
    await expectReports(tenant, ['endpoint.recovered']);
    expect(requests).toHaveLength(3);
    expect(new Set(requests.map(({ body }) => body))).toEqual(new Set([delivery.body]));
    expect(new Set(requests.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    expect(new Set(requests.map(({ headers }) => headers['x-tidegate-timestamp'])).size).toBe(1);
    expect(requests.map(({ headers }) => headers['x-tidegate-attempt'])).toEqual(['1', '2', '3']);
    expect(await rig.attempts(delivery.id)).toMatchObject([
      { number: 1, outcome: 'failed', status_code: 500, error_class: 'http_status' },
      { number: 2, outcome: 'failed', status_code: 500 },
      { number: 3, outcome: 'delivered', status_code: 200, response_body: '{"seen":true}' },
    ]);
  });

  test('S-072 fails for good after its last attempt, with the reason', async () => {
    const { url, requests } = await receiver(503);
    const tenant = await rig.factory.tenant();
    await rig.endpoint(tenant, { url, ...ladder(1, 1) });
    await rig.publish(tenant, { type: 'ticket.created' });
    expect(await untilSettled(tenant, 'failed')).toMatchObject({
      attempts: 3,
      failures: 3,
      failure_code: 'attempts_exhausted',
      last_status_code: 503,
      next_attempt_at: null,
    });
    expect(requests).toHaveLength(3);
  });

  test('S-057 of a receiver that is not there fails without a status', async () => {
    const { url, close } = await startReceiver();
    await close();
    const tenant = await rig.factory.tenant();
    await rig.endpoint(tenant, { url, ...ladder() });
    await rig.publish(tenant, { type: 'ticket.created' });
    expect(await untilSettled(tenant, 'failed')).toMatchObject({
      last_status_code: null,
      last_error_class: 'connect',
    });
  });

  test('S-058 ends an attempt at the time-out of its endpoint', async () => {
    const { url } = await receiver(() => undefined);
    const tenant = await rig.factory.tenant();
    await rig.endpoint(tenant, { url, timeoutMs: 1_000, ...ladder() });
    await rig.publish(tenant, { type: 'ticket.created' });
    const delivery = await untilSettled(tenant, 'failed');
    expect(delivery).toMatchObject({ last_error_class: 'timeout', last_status_code: null });
    const [attempt] = await rig.attempts(delivery.id);
    expect(attempt).toMatchObject({ error_class: 'timeout' });
  });

  test('S-083 of a redirect is a failure, and nobody calls its target', async () => {
    const target = await receiver();
    const { url } = await receiver((response) =>
      response.writeHead(302, { location: target.url }).end(),
    );
    const tenant = await rig.factory.tenant();
    await rig.endpoint(tenant, { url, ...ladder() });
    await rig.publish(tenant, { type: 'ticket.created' });
    expect(await untilSettled(tenant, 'failed')).toMatchObject({ last_status_code: 302 });
    expect(target.requests).toHaveLength(0);
  });

  test('S-063 goes to the URL of its event where the endpoint has one', async () => {
    const { url, requests } = await receiver();
    const tenant = await rig.factory.tenant();
    await rig.endpoint(tenant, {
      url: `${url}/all`,
      eventUrls: { 'ticket.updated': `${url}/updates` },
      maxInFlight: 2,
    });
    await rig.publish(tenant, { type: 'ticket.created' });
    await rig.publish(tenant, { type: 'ticket.updated' });
    await eventually(() =>
      expect(requests.map(({ path }) => path).toSorted()).toEqual(['/all', '/updates']),
    );
  });

  test('S-061 fails when its endpoint is deleted before it is made', async () => {
    const { url, requests } = await receiver();
    const tenant = await rig.factory.tenant();
    const { id } = await rig.endpoint(tenant, { url });
    await rig.database.admin.query(`update endpoints set status = 'paused' where id = $1`, [id]);
    await rig.publish(tenant, { type: 'ticket.created' });
    await rig.database.admin.query('delete from endpoints where id = $1', [id]);
    await rig.database.admin.query(
      'update outbound_deliveries set wake_due_at = now() where endpoint_id = $1',
      [id],
    );
    expect(await untilSettled(tenant, 'failed')).toMatchObject({
      failure_code: 'endpoint_deleted',
      attempts: 0,
    });
    expect(requests).toHaveLength(0);
  });

  test('S-062 fails without a call when its secret cannot be read', async () => {
    const { url, requests } = await receiver();
    const tenant = await rig.factory.tenant();
    const { id } = await rig.endpoint(tenant, { url });
    await rig.database.admin.query(
      `update endpoint_secrets set sealed = set_byte(sealed, 20, get_byte(sealed, 20) # 1)
       where endpoint_id = $1`,
      [id],
    );
    await rig.publish(tenant, { type: 'ticket.created' });
    expect(await untilSettled(tenant, 'failed')).toMatchObject({
      failure_code: 'secret_unreadable',
      attempts: 0,
    });
    expect(requests).toHaveLength(0);
  });

  test('S-062 fails without a call when its endpoint has no secret', async () => {
    const { url, requests } = await receiver();
    const tenant = await rig.factory.tenant();
    const { id } = await rig.endpoint(tenant, { url });
    await rig.database.admin.query('delete from endpoint_secrets where endpoint_id = $1', [id]);
    await rig.publish(tenant, { type: 'ticket.created' });
    expect(await untilSettled(tenant, 'failed')).toMatchObject({
      failure_code: 'secret_unreadable',
    });
    expect(requests).toHaveLength(0);
  });

  test('S-074 of a refused address fails at once, and nothing is called', async () => {
    const tenant = await rig.factory.tenant();
    await rig.endpoint(tenant, { url: 'https://127.0.0.2/hook', ...ladder(1, 1) });
    await rig.publish(tenant, { type: 'ticket.created' });
    expect(await untilSettled(tenant, 'failed')).toMatchObject({
      failure_code: 'address_refused',
      attempts: 1,
    });
  });

  test('of a receiver that answers 410 fails, and its endpoint is disabled with that reason', async () => {
    const { url } = await receiver(410);
    const tenant = await rig.factory.tenant();
    const { id } = await rig.endpoint(tenant, { url, ...ladder(1, 1) });
    await rig.publish(tenant, { type: 'ticket.created' });
    expect(await untilSettled(tenant, 'failed')).toMatchObject({ failure_code: 'endpoint_gone' });
    const { rows } = await rig.database.admin.query('select * from endpoints where id = $1', [id]);
    expect(rows[0]).toMatchObject({
      status: 'disabled',
      disabled_reason: expect.stringContaining('gone'),
      auto_disabled_at: expect.any(Date),
    });
    await expectReports(tenant, ['delivery.failed', 'endpoint.disabled']);
  });

  test('waits as long as Retry-After says, where that is more than its step', async () => {
    const { url } = await receiver((response) =>
      response.writeHead(429, { 'retry-after': '3600' }).end(),
    );
    const tenant = await rig.factory.tenant();
    await rig.endpoint(tenant, { url, ...ladder(1) });
    const before = Date.now();
    await rig.publish(tenant, { type: 'ticket.created' });
    const delivery = await untilSettled(tenant, 'retrying');
    expect(delivery.next_attempt_at!.getTime() - before).toBeGreaterThan(3_500_000);
  });
});

describe('what is counted', () => {
  /** Activities of a worker of their own, beside the one of the stack. */
  function activities(egress: Egress) {
    return makeDeliveryActivities({
      withTenant: rig.factory.withTenant,
      vault: makeTenantVault(parseKeyRing(rig.masterKeys)),
      egress,
      log: makeLogger({ level: 'silent', name: 'test' }),
      wake: () => undefined,
      onAttempt: () => undefined,
      transactions: makeSlots(4),
      cancellation: () => new AbortController().signal,
    });
  }

  test('S-060 S-076 two workers at one delivery make one attempt of it at a time, each counted once', async () => {
    let open = 0;
    let openMax = 0;
    const { url, requests } = await receiver((response) => {
      open += 1;
      openMax = Math.max(openMax, open);
      setTimeout(() => {
        open -= 1;
        response.writeHead(500).end();
      }, 30);
    });
    const tenant = await rig.factory.tenant();
    const { id: endpointId } = await rig.endpoint(tenant, {
      url,
      maxInFlight: 5,
      ...ladder(1, 1, 1, 1, 1, 1, 1, 1, 1, 1),
    });
    // Paused, so that the stack's own worker keeps out of it.
    await rig.database.admin.query(`update endpoints set status = 'paused' where id = $1`, [
      endpointId,
    ]);
    await rig.publish(tenant, { type: 'ticket.created' });
    await rig.database.admin.query(`update endpoints set status = 'active' where id = $1`, [
      endpointId,
    ]);
    const [row] = await rig.deliveries(tenant);
    const egress = makeEgress({
      policy: { ...closedPolicy, allowLoopback: true },
      resolve: makeResolve(),
    });
    const input = {
      tenantId: tenant.id,
      deliveryId: row!.id,
      retry: { waitsMs: Array.from({ length: 10 }, () => 1), jitter: 0 },
      lane: 'patient',
    } as const;
    const one = activities(egress);
    const other = activities(egress);
    for (let round = 0; round < 4; round += 1) {
      await Promise.all([
        one.attemptDelivery(input),
        other.attemptDelivery(input),
        one.attemptDelivery(input),
      ]);
    }
    await egress.close();
    const [delivery] = await rig.deliveries(tenant);
    expect(openMax).toBe(1);
    expect(delivery).toMatchObject({ attempts: requests.length, failures: requests.length });
    const numbers = (await rig.attempts(row!.id)).map(({ number }) => number);
    expect(numbers).toEqual(requests.map((_request, index) => index + 1));
  });
});
