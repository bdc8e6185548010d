import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Webhook } from 'standardwebhooks';
import { eventually } from '../support/eventually.ts';
import { startOutboundRig, type OutboundRig } from '../support/outbound-rig.ts';
import { startReceiver } from '../support/receiver.ts';

let rig: OutboundRig;
beforeAll(async () => {
  rig = await startOutboundRig();
});
afterAll(() => rig.stop());

describe('an event', () => {
  test('S-055 S-056 reaches a subscribed endpoint once, signed, with one id', async () => {
    const receiver = await startReceiver();
    const tenant = await rig.factory.tenant();
    const endpoint = await rig.endpoint(tenant, { url: `${receiver.url}/hook` });
    const event = await rig.publish(tenant, { type: 'ticket.created', data: { number: 7 } });
    await eventually(() => expect(receiver.requests).toHaveLength(1));
    const [request] = receiver.requests;
    const verified = new Webhook(endpoint.secret).verify(
      request?.body ?? '',
      request?.headers as Record<string, string>,
    );
    expect(verified).toMatchObject({ type: 'ticket.created', data: { number: 7 } });
    await eventually(async () =>
      expect(await rig.deliveries(tenant)).toMatchObject([
        { status: 'delivered', attempts: 1, event_id: event.id },
      ]),
    );
    await receiver.close();
  });
});
