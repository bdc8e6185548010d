import type { WorkflowHandle } from '@temporalio/client';
import { toWireId } from '../../shared/domain/ids.ts';
import { publishEvent } from '../../shared/outbound/publish-event.ts';
import { replayWorkflowId } from '../../workflows/bulk-replay/contract.ts';
import { outboundWorkflowId } from '../../workflows/outbound-delivery/contract.ts';
import {
  rotationUpdateNames,
  rotationWorkflowId,
} from '../../workflows/secret-rotation/contract.ts';
import { eventually } from '../support/eventually.ts';
import type { TestTenant } from '../support/factory.ts';
import { pastDelivery } from '../support/past-deliveries.ts';
import { startReceiver, type TestReceiver } from '../support/receiver.ts';
import type { Rig } from './rig.ts';

/** Runs something and gives the run that is to be recorded, which closes by itself. */
export type Scenario = (rig: Rig, tenant: TestTenant) => Promise<WorkflowHandle>;

const patienceMs = 60_000;

/** What goes out: deliveries, rotations, replays. */
export const outboundScenarios: Readonly<Record<string, Scenario>> = {
  'outbound-delivered': (rig, tenant) => deliver(rig, tenant, []),
  'outbound-retried': (rig, tenant) => deliver(rig, tenant, [503, 503]),
  'outbound-failed': (rig, tenant) => deliver(rig, tenant, [503, 503, 503]),
  'rotation-expired': (rig, tenant) => rotate(rig, tenant, 6),
  'rotation-aborted': async (rig, tenant) => {
    const run = await rotate(rig, tenant, 3_600);
    await run.executeUpdate(rotationUpdateNames.abort);
    return run;
  },
  'replay-paused': async (rig, tenant) => {
    const run = await replay(rig, tenant);
    await run.executeUpdate('pause');
    await run.executeUpdate('resume');
    return run;
  },
  'replay-canceled': async (rig, tenant) => {
    const run = await replay(rig, tenant);
    await run.executeUpdate('cancel');
    return run;
  },
};

/** A delivery whose receiver answers with these first; it is tried three times. */
async function deliver(
  rig: Rig,
  tenant: TestTenant,
  answers: readonly number[],
): Promise<WorkflowHandle> {
  const receiver = await startReceiver();
  const left = [...answers];
  receiver.answer((response) => response.writeHead(left.shift() ?? 204).end());
  const { id } = await rig.endpoint(tenant, {
    url: receiver.url,
    eventTypes: ['ticket.created'],
    retryProfile: 'custom',
    retryWaitsMs: [50, 50],
  });
  const event = { type: 'ticket.created', objectType: 'ticket', objectId: 't-1', data: {} };
  await rig.factory.withTenant(tenant.id, (tx) => publishEvent(tx, { ...event, deliveryId: null }));
  const deliveryId = await settled(rig, id, receiver);
  await rig.admin.query('delete from endpoints where id = $1', [id]);
  return rig.run(outboundWorkflowId(toWireId('outboundDelivery', deliveryId)));
}

/** The delivery of an endpoint, once it has ended; its receiver is closed then. */
async function settled(rig: Rig, endpointId: string, receiver: TestReceiver): Promise<string> {
  const id = await eventually(async () => {
    const { rows } = await rig.admin.query<{ id: string }>(
      'select id from outbound_deliveries where endpoint_id = $1 and settled_at is not null',
      [endpointId],
    );
    if (rows[0] === undefined) throw new Error('the delivery is open');
    return rows[0].id;
  }, patienceMs);
  await receiver.close();
  return id;
}

async function rotate(rig: Rig, tenant: TestTenant, graceSeconds: number): Promise<WorkflowHandle> {
  const { id } = await rig.endpoint(tenant, { url: 'http://127.0.0.1:1/' });
  const endpoint = toWireId('endpoint', id);
  const api = await rig.api(tenant);
  await api.post(`/webhooks/${endpoint}/rotate-secret`, { graceSeconds });
  return started(rig, rotationWorkflowId(tenant.slug, endpoint));
}

/** A replay of two pages that has scheduled the first. */
async function replay(rig: Rig, tenant: TestTenant): Promise<WorkflowHandle> {
  const { id } = await rig.endpoint(tenant, { url: 'http://127.0.0.1:1/' });
  for (let made = 0; made < 15; made += 1) {
    await pastDelivery(rig, tenant, id, { status: 'failed', agoMs: 3_600_000 });
  }
  const api = await rig.api(tenant);
  const from = new Date(Date.now() - 86_400_000).toISOString();
  const endpointIds = [toWireId('endpoint', id)];
  const { body } = await api.post('/webhooks/replay-jobs', {
    filter: { from, endpointIds },
    perSecond: 1,
  });
  return started(rig, replayWorkflowId(body.data.id));
}

/** A run once it has begun and waits. */
export async function started(rig: Rig, workflowId: string): Promise<WorkflowHandle> {
  const run = rig.run(workflowId);
  await eventually(async () => {
    const { events } = await run.fetchHistory();
    if (!events?.some((event) => event.timerStartedEventAttributes)) {
      throw new Error('it does not wait yet');
    }
  }, patienceMs);
  return run;
}
