import { expect } from 'vitest';
import { toWireId } from '../../../shared/domain/ids.ts';
import { eventually } from '../eventually.ts';
import type { TestReceiver } from '../receiver.ts';
import type { Rig } from './rig.ts';

interface Row {
  readonly id: string;
  readonly event_id: string;
  readonly status: string;
  readonly attempts: number;
  readonly body: string;
}

export async function outboundOf(rig: Rig): Promise<readonly Row[]> {
  const { rows } = await rig.database.admin.query<Row>(
    `select id, event_id, status, attempts, body from outbound_deliveries
     where tenant_id = $1 order by id`,
    [rig.hook.tenant.id],
  );
  return rows;
}

/**
 * Waits until no delivery is open, then holds what the receiver got against the database:
 *
 * - each event that an endpoint hears of has one delivery, and it is delivered;
 * - the receiver got each at least once, under one id and with the body that is stored;
 * - it got nothing else, and no more of anything than there were attempts.
 */
export async function expectEveryEventDelivered(
  rig: Rig,
  receiver: TestReceiver,
  withinMs = 60_000,
): Promise<void> {
  await eventually(async () => {
    const open = (await outboundOf(rig)).filter(({ status }) => status !== 'delivered');
    expect(open.map(({ id, status }) => `${id} is ${status}`)).toEqual([]);
  }, withinMs);
  const rows = await outboundOf(rig);
  const { rows: events } = await rig.database.admin.query<{ id: string }>(
    'select id from events where tenant_id = $1 and cardinality(matched_endpoint_ids) > 0',
    [rig.hook.tenant.id],
  );
  expect(rows.map(({ event_id }) => event_id).toSorted()).toEqual(
    events.map(({ id }) => id).toSorted(),
  );
  const got = Map.groupBy(receiver.requests, ({ headers }) => String(headers['webhook-id']));
  expect([...got.keys()].toSorted()).toEqual(
    rows.map(({ event_id }) => toWireId('event', event_id)).toSorted(),
  );
  for (const { event_id, attempts, body } of rows) {
    const requests = got.get(toWireId('event', event_id)) ?? [];
    expect(new Set(requests.map((request) => request.body))).toEqual(new Set([body]));
    expect(requests.length).toBeLessThanOrEqual(attempts);
  }
}
