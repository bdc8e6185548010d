/** When deliveries get no run of their own, and how soon the burst lane may take them then. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { v7 as uuidv7 } from 'uuid';
import { makeCourier, type Courier } from '../../apps/worker/outbound/courier.ts';
import { makeWithTenant, type AnnouncedDelivery } from '../../shared/db/tenant.ts';
import {
  parseEndpointId,
  parseOutboundDeliveryId,
  parseTenantId,
  toWireId,
} from '../../shared/domain/ids.ts';
import { publishEvent } from '../../shared/outbound/publish-event.ts';
import { makeLogger } from '../../shared/telemetry/logger.ts';
import { outboundWorkflowId } from '../../workflows/outbound-delivery/contract.ts';
import { outboundLaneId } from '../../workflows/outbound-lane/contract.ts';
import { openAppPool } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { makeOwnFactory, type OwnFactory } from '../support/own-factory.ts';
import { makeEndpoint } from '../support/outbound.ts';
import { connectClient, type TestClient } from '../support/temporal.ts';

let temporal: TestClient;
beforeAll(async () => {
  temporal = await connectClient();
});
afterAll(() => temporal.close());

const delivery = (): AnnouncedDelivery => ({
  tenantId: parseTenantId(randomUUID()),
  deliveryId: parseOutboundDeliveryId(uuidv7()),
  endpointId: parseEndpointId(uuidv7()),
  eventType: 'ticket.created',
  retry: { waitsMs: [1_000], jitter: 0 },
});

describe('a process that commits deliveries', () => {
  let taskQueue: string;
  let isBehind: boolean;
  let courier: Courier;
  const log = makeLogger({ level: 'silent', name: 'test' });
  const told = vi.spyOn(log, 'info');

  // No worker serves the queue: runs stay as they were started.
  beforeEach(() => {
    taskQueue = `test-${randomUUID()}`;
    told.mockClear();
    isBehind = false;
    courier = makeCourier({
      taskQueue,
      isEager: false,
      log,
      isBehind: () => isBehind,
      hasten: () => Promise.resolve(),
    });
    courier.use(temporal.client);
    return async () => {
      await courier.close();
      for await (const { workflowId } of temporal.client.workflow.list({
        query: `TaskQueue = '${taskQueue}'`,
      })) {
        await temporal.client.workflow.getHandle(workflowId).terminate();
      }
    };
  });

  const isStarted = (workflowId: string): Promise<boolean> =>
    temporal.client.workflow
      .getHandle(workflowId)
      .describe()
      .then(
        () => true,
        () => false,
      );
  const runOf = ({ deliveryId }: AnnouncedDelivery): string =>
    outboundWorkflowId(toWireId('outboundDelivery', deliveryId));

  test('S-055 gives each a run', async () => {
    const [one, other] = [delivery(), delivery()];
    courier.start([one, other]);
    await eventually(async () => expect(await isStarted(runOf(one))).toBe(true));
    await eventually(async () => expect(await isStarted(runOf(other))).toBe(true));
    expect(courier.isInBurst()).toBe(false);
    expect(await isStarted(outboundLaneId(taskQueue))).toBe(false);
  });

  test('S-055 opens the burst lane and leaves them to it while its attempts wait for each other', async () => {
    isBehind = true;
    const [one, next] = [delivery(), delivery()];
    courier.start([one]);
    expect(courier.isInBurst()).toBe(true);
    // Also what comes once they wait no more, until the burst is over.
    isBehind = false;
    courier.start([next]);
    await eventually(async () => expect(await isStarted(outboundLaneId(taskQueue))).toBe(true));
    await courier.close();
    expect(await isStarted(runOf(one))).toBe(false);
    expect(await isStarted(runOf(next))).toBe(false);
    // The log says where the runs are that an operator misses.
    expect(told.mock.calls.map(([fields]) => fields)).toEqual([
      { event: 'outbound.burst', workflowId: outboundLaneId(taskQueue) },
    ]);
  });

  test('S-055 opens the burst lane when more comes at once than it can start', async () => {
    courier.start(Array.from({ length: 100 }, delivery));
    expect(courier.isInBurst()).toBe(true);
    await eventually(async () => expect(await isStarted(outboundLaneId(taskQueue))).toBe(true));
  });
});

describe('a delivery', () => {
  let factory: OwnFactory;
  beforeAll(async () => {
    factory = await makeOwnFactory();
  });
  afterAll(() => factory.close());

  test.for([
    ['is due at once when it is left to the burst lane', true],
    ['is kept from the sweeper for a moment when it gets a run', false],
  ] as const)('S-055 %s', async ([, isForLane]) => {
    const tenant = await factory.tenant();
    const url = 'https://receiver.example.test/';
    await makeEndpoint(factory.withTenant, factory.masterKeys, tenant.id, { url });
    const pool = openAppPool(factory.database.appUrl, 1);
    const withTenant = makeWithTenant(pool, {
      isFanOutOn: true,
      isForLane: () => isForLane,
      onCommitted: () => undefined,
    });
    await withTenant(tenant.id, (tx) =>
      publishEvent(tx, {
        type: 'ticket.created',
        objectType: 'ticket',
        objectId: 't-1',
        deliveryId: null,
        data: {},
      }),
    );
    await pool.end();
    const { rows } = await factory.database.admin.query<{ is_due: boolean }>(
      `select wake_due_at <= created_at + interval '1 second' as is_due
       from outbound_deliveries where tenant_id = $1`,
      [tenant.id],
    );
    expect(rows).toEqual([{ is_due: isForLane }]);
  });
});
