import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { replayWorkflowId } from '../../workflows/bulk-replay/contract.ts';
import { apiAs } from '../support/api.ts';
import { eventually } from '../support/eventually.ts';
import type { TestTenant, TestUser } from '../support/factory.ts';
import { startOutboundRig, type OutboundRig } from '../support/outbound-rig.ts';
import type { TestEndpoint } from '../support/outbound.ts';
import { pastDelivery } from '../support/past-deliveries.ts';
import { startReceiver, type TestReceiver } from '../support/receiver.ts';
import { connectClient, type TestClient } from '../support/temporal.ts';

const loopback = { env: { TIDEGATE_EGRESS_ALLOW_LOOPBACK: 'true' } };
const patienceMs = 40_000;

let rig: OutboundRig;
let temporal: TestClient;
let receiver: TestReceiver;
let tenant: TestTenant;
let endpoint: TestEndpoint;
let user: TestUser;
let gatewayUrl: string;

beforeAll(async () => {
  rig = await startOutboundRig();
  gatewayUrl = rig.gateway.url;
  receiver = await startReceiver();
  temporal = await connectClient();
});
afterAll(async () => {
  await temporal.close();
  await receiver.close();
  await rig.stop();
});
beforeEach(async () => {
  tenant = await rig.factory.tenant();
  user = await rig.factory.user(tenant);
  endpoint = await rig.endpoint(tenant, {
    url: `${receiver.url}/${tenant.slug}`,
    maxInFlight: 20,
    ratePerMinute: 60_000,
  });
});

const api = () => apiAs(gatewayUrl, user.token);
const path = '/webhooks/replay-jobs';
const run = (id: string) => temporal.client.workflow.getHandle(replayWorkflowId(id));
const read = async (id: string) => (await api().get(`${path}/${id}`)).body.data;

/** Starts a replay of so many failed deliveries; at most ten seconds' worth of it is scheduled ahead. */
async function startReplay(count: number, perSecond: number): Promise<string> {
  for (let made = 0; made < count; made += 1) {
    await pastDelivery(rig.database, tenant, endpoint.id, { status: 'failed', agoMs: 3_600_000 });
  }
  const filter = { from: new Date(Date.now() - 86_400_000).toISOString() };
  const { body } = await api().post(path, { filter, perSecond });
  return body.data.id;
}

const firstPage = (id: string) =>
  eventually(async () => expect((await read(id)).progress.done).toBeGreaterThan(0));

describe('the run of a replay', () => {
  test('goes on with the next page on another worker when its own one stops half-way', async () => {
    const id = await startReplay(60, 5);
    await firstPage(id);
    expect((await read(id)).progress.done).toBe(50);
    await rig.gateway.close();
    gatewayUrl = (await rig.startGateway(loopback)).url;
    await eventually(
      async () =>
        expect(await read(id)).toMatchObject({
          state: 'completed',
          progress: { total: 60, done: 60, skipped: 0, delivered: 60 },
        }),
      patienceMs,
    );
    expect(receiver.requests.filter(({ path }) => path === `/${tenant.slug}`)).toHaveLength(60);
    expect(await run(id).result()).toBe('completed');
  });

  test('waits while it is paused, and goes on when it is resumed', async () => {
    const id = await startReplay(15, 1);
    await firstPage(id);
    expect(await run(id).executeUpdate('pause')).toBe(true);
    expect(await run(id).executeUpdate('pause')).toBe(false);
    expect(await read(id)).toMatchObject({ state: 'paused', progress: { done: 10 } });
    expect((await run(id).describe()).status.name).toBe('RUNNING');
    expect((await api().post(`${path}/${id}/resume`)).body.data.state).toBe('running');
    expect(await run(id).result()).toBe('completed');
    expect(await read(id)).toMatchObject({ progress: { done: 15 } });
  });

  test('ends when it is canceled, by its owner or by an operator', async () => {
    const [byOwner, byOperator] = [await startReplay(15, 1), await startReplay(15, 1)];
    await firstPage(byOwner);
    await api().post(`${path}/${byOwner}/cancel`);
    expect(await run(byOwner).result()).toBe('canceled');
    await firstPage(byOperator);
    expect(await run(byOperator).executeUpdate('cancel')).toBe(true);
    expect(await run(byOperator).result()).toBe('canceled');
    expect(await read(byOperator)).toMatchObject({ state: 'canceled', progress: { done: 10 } });
  });
});
