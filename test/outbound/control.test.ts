import { Client, Connection, type WorkflowHandle } from '@temporalio/client';
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest';
import { toWireId } from '../../shared/domain/ids.ts';
import { outboundWorkflowId } from '../../workflows/outbound-delivery/contract.ts';
import { eventually } from '../support/eventually.ts';
import type { TestTenant } from '../support/factory.ts';
import { startOutboundRig, type OutboundRig } from '../support/outbound-rig.ts';
import { startReceiver, type TestReceiver } from '../support/receiver.ts';

let rig: OutboundRig;
let connection: Connection;
let client: Client;
let receiver: TestReceiver;

beforeAll(async () => {
  rig = await startOutboundRig();
  connection = await Connection.connect({ address: inject('servers').temporalAddress });
  client = new Client({ connection });
});
afterEach(() => receiver.close());
afterAll(async () => {
  await connection.close();
  await rig.stop();
});

const runOf = (deliveryId: string): WorkflowHandle =>
  client.workflow.getHandle(outboundWorkflowId(toWireId('outboundDelivery', deliveryId)));

const untilStatus = (tenant: TestTenant, status: string) =>
  eventually(async () => {
    const [delivery] = await rig.deliveries(tenant);
    expect(delivery).toMatchObject({ status });
    return delivery!;
  });

/** A delivery that failed once and sleeps for an hour. */
async function sleeping(): Promise<{ tenant: TestTenant; run: WorkflowHandle; id: string }> {
  receiver = await startReceiver(500);
  const tenant = await rig.factory.tenant();
  await rig.endpoint(tenant, {
    url: receiver.url,
    retryProfile: 'custom',
    retryWaitsMs: [3_600_000, 3_600_000],
  });
  await rig.publish(tenant, { type: 'ticket.created' });
  const { id } = await untilStatus(tenant, 'retrying');
  return { tenant, run: runOf(id), id };
}

describe('the run of a delivery', () => {
  test('can be told to try again now', async () => {
    const { tenant, run } = await sleeping();
    receiver.answer(204);
    await run.executeUpdate('retryNow');
    await untilStatus(tenant, 'delivered');
    expect(await run.result()).toBe('delivered');
  });

  test('can be paused, and goes on when it is resumed', async () => {
    const { tenant, run } = await sleeping();
    receiver.answer(204);
    await run.executeUpdate('pause');
    expect(await untilStatus(tenant, 'held')).toMatchObject({ hold_reason: 'delivery_paused' });
    expect(receiver.requests).toHaveLength(1);
    await run.executeUpdate('resume');
    await untilStatus(tenant, 'delivered');
  });

  test('can be told to give up', async () => {
    const { tenant, run } = await sleeping();
    await run.executeUpdate('cancel');
    await untilStatus(tenant, 'canceled');
    expect(await run.result()).toBe('canceled');
  });

  test('that is canceled in the Temporal UI cancels its delivery', async () => {
    const { tenant, run } = await sleeping();
    await run.cancel();
    await untilStatus(tenant, 'canceled');
    await eventually(async () => expect((await run.describe()).status.name).toBe('CANCELLED'));
  });

  test('S-075 that was terminated by hand is begun anew by the row, which is the truth', async () => {
    const { tenant, run } = await sleeping();
    receiver.answer(204);
    await run.terminate();
    await rig.hasten(tenant);
    expect(await untilStatus(tenant, 'delivered')).toMatchObject({ attempts: 2 });
  });

  test('ends as Failed with the reason as its type, and tells its state to the list of runs', async () => {
    receiver = await startReceiver(500);
    const tenant = await rig.factory.tenant();
    await rig.endpoint(tenant, {
      url: receiver.url,
      retryProfile: 'custom',
      retryWaitsMs: [],
    });
    await rig.publish(tenant, { type: 'ticket.created' });
    const { id } = await untilStatus(tenant, 'failed');
    await eventually(async () => expect((await runOf(id).describe()).status.name).toBe('FAILED'));
    await expect(runOf(id).result()).rejects.toMatchObject({
      cause: { type: 'attempts_exhausted', message: expect.stringContaining('500') },
    });
    const description = await runOf(id).describe();
    expect(description.searchAttributes).toMatchObject({
      TidegateDeliveryState: ['failed'],
      TidegateEventType: ['ticket.created'],
      TidegateTenant: [tenant.slug],
    });
  });

  test('carries no body and no secret in its history', async () => {
    receiver = await startReceiver();
    const tenant = await rig.factory.tenant();
    const { secret } = await rig.endpoint(tenant, { url: receiver.url });
    await rig.publish(tenant, { type: 'ticket.created', data: { canary: 'canary-0815' } });
    const { id } = await untilStatus(tenant, 'delivered');
    const history = JSON.stringify(await runOf(id).fetchHistory()).replaceAll(
      /"data":"([^"]+)"/g,
      (_match, data: string) => Buffer.from(data, 'base64').toString('utf8'),
    );
    expect(history).toContain(id);
    expect(history).not.toContain('canary-0815');
    expect(history).not.toContain(secret);
    expect(history).not.toContain(receiver.url);
  });
});
