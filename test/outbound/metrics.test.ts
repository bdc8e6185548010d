import { afterAll, beforeAll, expect, test } from 'vitest';
import { freePort } from '../../apps/dev/ports.ts';
import { eventually } from '../support/eventually.ts';
import { startOutboundRig, type OutboundRig } from '../support/outbound-rig.ts';
import { startReceiver, type TestReceiver } from '../support/receiver.ts';

let rig: OutboundRig;
let receiver: TestReceiver;
let url: string;

beforeAll(async () => {
  const port = await freePort();
  url = `http://127.0.0.1:${port}/metrics`;
  rig = await startOutboundRig({ env: { TIDEGATE_METRICS_PORT: String(port) } });
  receiver = await startReceiver();
});
afterAll(async () => {
  await receiver.close();
  await rig.stop();
});

const scrape = async (): Promise<string> => (await fetch(url)).text();

test('S-049 metrics tell of attempts by outcome, of lag, of endpoints that were disabled, and of no tenant', async () => {
  const tenant = await rig.factory.tenant();
  const { id } = await rig.endpoint(tenant, {
    url: receiver.url,
    retryProfile: 'custom',
    retryWaitsMs: [],
  });
  await rig.publish(tenant, { type: 'ticket.created' });
  await eventually(async () =>
    expect(await scrape()).toContain(
      'tidegate_outbound_attempt_seconds_count{outcome="delivered",error_class="",origin="event"} 1',
    ),
  );
  receiver.answer(410);
  await rig.publish(tenant, { type: 'ticket.updated' });
  await eventually(async () => {
    const text = await scrape();
    expect(text).toContain(
      'tidegate_outbound_attempt_seconds_count{outcome="failed",error_class="http_status",origin="event"} 1',
    );
    expect(text).toContain('tidegate_endpoints{state="auto_disabled"} 1');
  });
  await rig.database.admin.query(
    `update outbound_deliveries set wake_due_at = null where endpoint_id = $1`,
    [id],
  );
  await rig.publish(tenant, { type: 'ticket.created' });
  await rig.database.admin.query(
    `update outbound_deliveries set wake_due_at = now() + interval '1 hour' where status = 'held'`,
  );
  const text = await scrape();
  expect(text).toContain('tidegate_lag_seconds{direction="outbound"} 0');
  expect(text).not.toContain(tenant.slug);
  expect(text).not.toContain(tenant.id);
});

test('S-049 metrics count answers by surface and status, and events that nobody hears of', async () => {
  const unmatched = async (): Promise<number> =>
    Number(/^tidegate_events_unmatched_total (\d+)/m.exec(await scrape())?.[1]);
  const before = await unmatched();
  const tenant = await rig.factory.tenant();
  const { token } = await rig.factory.user(tenant);
  const response = await fetch(`${rig.gateway.url}/api/v1/events`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      type: 'contact.saved',
      resourceId: 'c-1',
      data: {
        event: 'contact.saved',
        cardId: 'card-1',
        viewerId: null,
        source: 'link',
        timestamp: '2026-01-31T08:00:00.000Z',
      },
    }),
  });
  expect(response.status, await response.text()).toBe(201);
  expect(await unmatched()).toBe(before + 1);
  await eventually(async () =>
    expect(await scrape()).toMatch(
      /tidegate_http_response_seconds_count\{surface="api",status="201"\} [1-9]/,
    ),
  );
});
