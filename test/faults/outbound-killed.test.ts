import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { expectEveryEventDelivered, outboundOf } from '../support/faults/outbound-invariants.ts';
import { faultTimeoutMs, startRig, type Rig } from '../support/faults/rig.ts';
import { makeEndpoint } from '../support/outbound.ts';
import { startReceiver, type TestReceiver } from '../support/receiver.ts';
import type { EndpointSettings } from '../../shared/db/queries/endpoints.ts';

vi.setConfig({ testTimeout: faultTimeoutMs, hookTimeout: faultTimeoutMs });

/**
 * A gateway, which is the worker too, is ended or stopped at a moment that the receiver of the delivery
 * chooses. Another one is there, or comes afterwards.
 */
let rig: Rig;
let receiver: TestReceiver;
beforeEach(async () => {
  rig = await startRig();
  receiver = await startReceiver();
});
afterEach(async () => {
  await rig.stop();
  await receiver.close();
});

const outgoing = { TIDEGATE_EGRESS_ALLOW_LOOPBACK: 'true' };
const gateway = () => rig.gateway({ env: outgoing });
const endpoint = (settings: Partial<EndpointSettings> = {}) =>
  makeEndpoint(rig.factory.withTenant, rig.masterKeys, rig.hook.tenant.id, {
    url: receiver.url,
    timeoutMs: 1_000,
    ...settings,
  });

const attemptsOf = async () => {
  const { rows } = await rig.database.admin.query<{ number: number; outcome: string }>(
    'select number, outcome from outbound_attempts where tenant_id = $1 order by number',
    [rig.hook.tenant.id],
  );
  return rows;
};

describe('a worker', () => {
  test('S-060 killed in the middle of an attempt: another one makes the next, with the same id and body', async () => {
    await endpoint();
    const doomed = await gateway();
    // The receiver never answers the first one.
    receiver.answer(() => undefined);
    await rig.sender.send(doomed.url, { key: 'a' });
    await eventually(() => expect(receiver.requests).toHaveLength(1));
    await doomed.kill();
    receiver.answer(204);
    await gateway();
    await expectEveryEventDelivered(rig, receiver);
    expect(await attemptsOf()).toEqual([
      { number: 1, outcome: 'lost' },
      { number: 2, outcome: 'delivered' },
    ]);
    expect(receiver.requests).toHaveLength(2);
    expect(receiver.openMax()).toBe(1);
  });

  test('S-060 killed after the 2xx and before it was recorded: the receiver gets it again, under the same id, and one delivery is recorded', async () => {
    await endpoint();
    const doomed = await gateway();
    const admin = await rig.database.admin.connect();
    // The record of the attempt waits for this lock.
    const locked = new Promise<void>((resolve) => {
      receiver.answer((response) => {
        void admin
          .query('begin; select from endpoint_gates for update')
          .then(() => response.writeHead(204).end())
          .then(() => resolve());
      });
    });
    const sent = rig.sender.send(doomed.url, { key: 'a' });
    await locked;
    await sent;
    await eventually(async () => {
      const { rows } = await rig.database.admin.query(
        `select from pg_stat_activity where wait_event_type = 'Lock' and query ilike '%endpoint_gates%'`,
      );
      expect(rows).toHaveLength(1);
    });
    await doomed.kill();
    await admin.query('rollback');
    admin.release();
    receiver.answer(204);
    await gateway();
    await expectEveryEventDelivered(rig, receiver);
    expect(receiver.requests).toHaveLength(2);
    expect((await attemptsOf()).map(({ outcome }) => outcome)).toEqual(['lost', 'delivered']);
  });

  test('S-060 stopped for longer than its lease: what it records when it moves again changes nothing', async () => {
    await endpoint();
    const frozen = await gateway();
    receiver.answer((response) => {
      frozen.child.signal('SIGSTOP');
      // Answered into the socket of a process that does not run.
      response.writeHead(500).end();
    });
    void rig.sender.send(frozen.url, { key: 'a' });
    await eventually(() => expect(receiver.requests).toHaveLength(1));
    receiver.answer(204);
    await gateway();
    await eventually(
      async () => expect(await outboundOf(rig)).toMatchObject([{ status: 'delivered' }]),
      60_000,
    );
    frozen.child.signal('SIGCONT');
    // It is alive again once it answers; by then its stale record has been refused or is on its way.
    await eventually(async () => expect((await fetch(`${frozen.url}/livez`)).status).toBe(200));
    await expectEveryEventDelivered(rig, receiver);
    expect(await attemptsOf()).toEqual([
      { number: 1, outcome: 'lost' },
      { number: 2, outcome: 'delivered' },
    ]);
  });

  test('S-075 every process ended while a retry is due later: it is made by those that come', async () => {
    await endpoint({ retryProfile: 'custom', retryWaitsMs: [8_000] });
    receiver.answer(500);
    const first = await gateway();
    await rig.sender.send(first.url, { key: 'a' });
    await eventually(async () =>
      expect(await outboundOf(rig)).toMatchObject([{ status: 'retrying' }]),
    );
    await first.kill();
    receiver.answer(204);
    await gateway();
    await expectEveryEventDelivered(rig, receiver);
    expect(receiver.requests).toHaveLength(2);
  });

  test('S-055 killed between the commit and the start of its deliveries: all of them are made, each once', async () => {
    await endpoint({ maxInFlight: 10, ratePerMinute: 60_000 });
    const link = await rig.temporalLink();
    const doomed = await rig.gateway({
      temporal: link,
      env: { ...outgoing, TIDEGATE_INBOUND_WORKER: 'false' },
    });
    // Accepts only; publishing through its API would commit events that it cannot start.
    link.blackhole();
    const keys = ['a', 'b', 'c', 'd', 'e'];
    await Promise.all(keys.map((key) => rig.sender.send(doomed.url, { key, async: true })));
    await doomed.kill();
    await gateway();
    await eventually(async () => expect(await outboundOf(rig)).toHaveLength(keys.length), 30_000);
    await expectEveryEventDelivered(rig, receiver);
    expect(receiver.requests).toHaveLength(keys.length);
  });
});
