import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { eventually } from '../support/eventually.ts';
import {
  deliveriesOf,
  expectNothingLostOrDoubled,
  runsIn,
  pendingIn,
} from '../support/faults/invariants.ts';
import { faultTimeoutMs, startRig, type Rig } from '../support/faults/rig.ts';

vi.setConfig({ testTimeout: faultTimeoutMs, hookTimeout: faultTimeoutMs });

/** It worked, but the caller was told otherwise: most lost and doubled events begin like this. */
let rig: Rig;
beforeEach(async () => {
  rig = await startRig();
});
afterEach(() => rig.stop());

describe('the reply of a start', () => {
  test('S-017 that is lost leaves one run and one effect, and the sender has its id', async () => {
    const link = await rig.temporalLink();
    // Nobody works here until the link is whole, so that every run is seen open.
    const env = { TIDEGATE_INBOUND_WORKER: 'false' };
    const { url } = await rig.gateway({ temporal: link, env });
    link.dropReplies();
    const sent = await Promise.all(['a', 'b', 'c'].map((key) => rig.sender.send(url, { key })));
    for (const { ending } of sent) expect(ending).toMatchObject({ status: 200 });
    await eventually(async () => expect(await runsIn(rig, 'open')).toBe(3));
    link.heal();
    await rig.gateway();
    await expectNothingLostOrDoubled(rig);
  });

  test('S-017 that comes after the budget leaves one run and one effect', async () => {
    const link = await rig.temporalLink();
    const { url, events } = await rig.gateway({ temporal: link });
    link.delayReplies(1_000);
    const sent = await Promise.all(['a', 'b', 'c'].map((key) => rig.sender.send(url, { key })));
    for (const { ending } of sent) expect(ending).toMatchObject({ status: 200 });
    await eventually(() => expect(events).toContain('inbound.start_deferred'));
    link.heal();
    await expectNothingLostOrDoubled(rig);
  });
});

describe('a gateway that does not reach Temporal', () => {
  test('S-005 leaves the starting to those that do', async () => {
    const link = await rig.temporalLink();
    link.blackhole();
    const env = { TIDEGATE_START_GRACE_MS: '1' };
    const cutOff = await rig.gateway({ temporal: link, isTemporalAway: true, env });
    const { ending } = await rig.sender.send(cutOff.url);
    expect(ending).toMatchObject({ status: 200 });
    expect(await pendingIn(rig)).toBe(1);
    await rig.gateway({ env });
    await expectNothingLostOrDoubled(rig);
    const { rows } = await rig.database.admin.query<{ start_attempts: number }>(
      'select start_attempts from inbound_deliveries',
    );
    // Whoever takes a delivery counts: only the one that could start it did.
    expect(rows).toEqual([{ start_attempts: 1 }]);
  });
});

/** Ends a statement that is a transaction of its own, in the protocol of Postgres. */
const sync = 'S\0\0\0\x04';

describe('the reply of the commit', () => {
  test('S-017 of an effect that is lost makes the action run again, and there is one effect', async () => {
    const link = await rig.databaseLink();
    const { url } = await rig.gateway({ postgres: link });
    const lost = link.loseReplyTo(
      (sent) => sent.includes('record_outcome') && sent.endsWith('commit\0'),
    );
    const [sent] = await Promise.all([rig.sender.send(url), lost]);
    expect(sent.ending).toMatchObject({ kind: 'answered', status: 200 });
    await expectNothingLostOrDoubled(rig);
  });

  test('S-016 of an acceptance that is lost answers 503; the repetition is a duplicate, and there is one effect', async () => {
    const link = await rig.databaseLink();
    const { url } = await rig.gateway({ postgres: link });
    const lost = link.loseReplyTo(
      (sent) => sent.includes('accept_deliveries') && sent.endsWith(sync),
    );
    const [first] = await Promise.all([rig.sender.send(url, { key: 'a' }), lost]);
    expect(first.ending).toMatchObject({ status: 503 });
    // The sender was told "no", and yet the row is there: this is what the key is for.
    const [row] = await deliveriesOf(rig);
    expect(row?.key).toBe('a');
    const second = await rig.sender.send(url, { key: 'a' });
    expect(second.ending).toMatchObject({ status: 200, body: { duplicate: true } });
    await expectNothingLostOrDoubled(rig);
  });
});
