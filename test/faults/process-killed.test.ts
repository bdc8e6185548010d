import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { holdWrites, untilHeld } from '../support/faults/held-writes.ts';
import { deliveriesOf, expectNothingLostOrDoubled, runsIn } from '../support/faults/invariants.ts';
import { faultTimeoutMs, startRig, type Rig } from '../support/faults/rig.ts';

vi.setConfig({ testTimeout: faultTimeoutMs, hookTimeout: faultTimeoutMs });

/**
 * Gateways are ended with SIGKILL at a moment that the test has made last: a link to Temporal that
 * carries nothing, or a lock on a table that it writes to. Afterwards another gateway is there, and the
 * sender repeats what it got no answer to.
 */
let rig: Rig;
beforeEach(async () => {
  rig = await startRig();
});
afterEach(() => rig.stop());

const keys = ['a', 'b', 'c', 'd', 'e'];
/** Long enough that a start which hangs is still under way when the process is killed. */
const patient = { TIDEGATE_START_BUDGET_MS: '60000', TIDEGATE_START_GRACE_MS: '500' };

async function expectUnanswered(sent: readonly Promise<{ ending: { kind: string } }>[]) {
  const endings = await Promise.all(sent);
  expect(endings.map(({ ending }) => ending.kind)).toEqual(sent.map(() => 'unanswered'));
}

/** The sender repeats every key, and is told that each is a repetition. */
async function expectKnown(url: string): Promise<void> {
  const repeated = await Promise.all(keys.map((key) => rig.sender.send(url, { key })));
  for (const { ending } of repeated) {
    expect(ending).toMatchObject({ status: 200, body: { duplicate: true } });
  }
}

describe('a gateway that is killed', () => {
  test('S-005 before the commit has acknowledged nothing, and the repetitions are accepted', async () => {
    const doomed = await rig.gateway();
    const release = await holdWrites(rig, 'acceptance');
    const sent = keys.map((key) => rig.sender.send(doomed.url, { key, async: true }));
    // The others wait in the gateway for these two statements.
    await untilHeld(rig, 'acceptance', 2);
    await doomed.kill();
    await expectUnanswered(sent);
    expect(await deliveriesOf(rig)).toEqual([]);
    await release();

    const { url } = await rig.gateway();
    await Promise.all(keys.map((key) => rig.sender.send(url, { key })));
    await expectNothingLostOrDoubled(rig);
    // What the database had in hand it may commit although nobody is left to hear of it.
    const accepted = new Set((await deliveriesOf(rig)).map(({ key }) => key));
    expect([...accepted].toSorted()).toEqual(keys);
  });

  test('S-005 between the commit and the start loses nothing: another one starts the deliveries', async () => {
    const link = await rig.temporalLink();
    const doomed = await rig.gateway({ temporal: link, env: patient });
    link.blackhole();
    const sent = keys.map((key) => rig.sender.send(doomed.url, { key }));
    await eventually(async () => expect(await deliveriesOf(rig)).toHaveLength(keys.length));
    await doomed.kill();
    await expectUnanswered(sent);
    expect(await runsIn(rig, 'open')).toBe(0);

    const { url } = await rig.gateway({ env: patient });
    await expectKnown(url);
    await expectNothingLostOrDoubled(rig);
  });

  test('S-005 S-017 after the start, before it answers, has started each delivery once', async () => {
    const link = await rig.temporalLink();
    const doomed = await rig.gateway({ temporal: link, env: patient });
    link.dropReplies();
    const sent = keys.map((key) => rig.sender.send(doomed.url, { key }));
    await eventually(async () => expect(await runsIn(rig, 'open')).toBe(keys.length));
    await doomed.kill();
    await expectUnanswered(sent);

    const { url } = await rig.gateway({ env: patient });
    await expectKnown(url);
    await expectNothingLostOrDoubled(rig);
  });
});

describe('a worker that is killed inside the action', () => {
  test('S-017 in the gateway that accepted: another gateway makes the effect, once', async () => {
    const doomed = await rig.gateway({ env: patient });
    const release = await holdWrites(rig, 'effect');
    const sent = rig.sender.send(doomed.url, { key: 'a' });
    await untilHeld(rig, 'effect', 1);
    await doomed.kill();
    await expectUnanswered([sent]);
    await release();

    const { url } = await rig.gateway();
    const repeated = await rig.sender.send(url, { key: 'a' });
    expect(repeated.ending).toMatchObject({ status: 200, body: { duplicate: true } });
    await expectNothingLostOrDoubled(rig);
  });

  test('S-017 between the effect and its record: nothing of the effect stays, another one makes it', async () => {
    const doomed = await rig.gateway({ env: patient });
    const releaseEffect = await holdWrites(rig, 'effect');
    const sent = rig.sender.send(doomed.url, { key: 'a' });
    await untilHeld(rig, 'effect', 1);
    const releaseOutcome = await holdWrites(rig, 'outcome');
    await releaseEffect();
    await untilHeld(rig, 'outcome', 1);
    await doomed.kill();
    await expectUnanswered([sent]);
    await releaseOutcome();

    const { url } = await rig.gateway({ env: patient });
    const repeated = await rig.sender.send(url, { key: 'a' });
    expect(repeated.ending).toMatchObject({ status: 200 });
    await expectNothingLostOrDoubled(rig);
  });

  test('S-017 in a process of its own: the sender still gets its answer, and there is one effect', async () => {
    const accepting = await rig.gateway({ env: { TIDEGATE_INBOUND_WORKER: 'false' } });
    const doomed = await rig.gateway();
    const release = await holdWrites(rig, 'effect');
    const sent = rig.sender.send(accepting.url, { key: 'a' });
    await untilHeld(rig, 'effect', 1);
    await doomed.kill();
    await rig.gateway();
    await release();
    expect((await sent).ending).toMatchObject({ kind: 'answered', status: 200 });
    await expectNothingLostOrDoubled(rig);
  });
});
