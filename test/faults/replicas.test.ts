import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { deliveriesOf, expectNothingLostOrDoubled } from '../support/faults/invariants.ts';
import { faultTimeoutMs, startRig, type Rig } from '../support/faults/rig.ts';

vi.setConfig({ testTimeout: faultTimeoutMs, hookTimeout: faultTimeoutMs });

let rig: Rig;
beforeEach(async () => {
  rig = await startRig();
});
afterEach(() => rig.stop());

test('S-017 200 concurrent copies over two gateways make one delivery and one ticket', async () => {
  const [left, right] = await Promise.all([rig.gateway(), rig.gateway()]);
  const sent = await Promise.all(
    Array.from({ length: 200 }, (_, n) =>
      rig.sender.send(n % 2 === 0 ? left.url : right.url, { key: 'copied' }),
    ),
  );
  // On a machine that is too busy some are told to come back, which is no copy of an answer.
  const bodies = sent.flatMap(({ ending }) =>
    ending.kind === 'answered' && ending.status === 200 ? [ending.body] : [],
  );
  expect(new Set(bodies.map((body) => body['delivery_id'])).size).toBe(1);
  expect(bodies.filter((body) => body['duplicate'] !== true)).toHaveLength(1);
  await expectNothingLostOrDoubled(rig);
});

test('S-005 SIGTERM under load: every request that was taken is answered, and the gateway ends with code 0', async () => {
  const leaving = await rig.gateway();
  const staying = await rig.gateway();
  let isStopping = false;
  const load = new AbortController();
  const sending = rig.sender.sendSteadily({
    // As behind a balancer that learns a moment late.
    urlOf: () => (isStopping || rig.sender.ledger.length % 2 === 0 ? leaving.url : staying.url),
    perSecond: 40,
    until: load.signal,
  });
  await eventually(() => expect(rig.sender.ledger.length).toBeGreaterThan(60));
  isStopping = true;
  leaving.child.signal('SIGTERM');
  expect(await leaving.child.exited).toBe(0);
  load.abort();
  await sending;
  const unanswered = rig.sender.ledger.filter(({ ending }) => ending.kind === 'unanswered');
  // Those that came too late were refused a connection and left no row: nobody took them.
  expect(unanswered.length).toBeGreaterThan(0);
  const taken = new Set((await deliveriesOf(rig)).map(({ key }) => key));
  expect(unanswered.filter(({ key }) => taken.has(key))).toEqual([]);
  await expectNothingLostOrDoubled(rig);
});
