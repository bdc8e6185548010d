import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { registerSearchAttributes } from '../../apps/bootstrap/temporal.ts';
import { freePort } from '../../apps/dev/ports.ts';
import { findTemporalBinary } from '../../apps/dev/temporal-binary.ts';
import { startLocalTemporal, type LocalTemporal } from '../../apps/dev/temporal-server.ts';
import { loadTemporalConfig } from '../../shared/config/temporal.ts';
import { eventually } from '../support/eventually.ts';
import { expectEveryEventDelivered } from '../support/faults/outbound-invariants.ts';
import type { GatewayProcess } from '../support/faults/gateway-process.ts';
import { holdWrites, untilHeld } from '../support/faults/held-writes.ts';
import { expectNothingLostOrDoubled, pendingIn } from '../support/faults/invariants.ts';
import { faultTimeoutMs, startRig, type Rig } from '../support/faults/rig.ts';
import { makeEndpoint } from '../support/outbound.ts';
import { startReceiver, type TestReceiver } from '../support/receiver.ts';

vi.setConfig({ testTimeout: faultTimeoutMs, hookTimeout: faultTimeoutMs });

/** A Temporal server of this file's own, on a state file, so that a restart loses nothing. */
let dir: string;
let port: number;
let temporal: LocalTemporal;
let rig: Rig;
let gateway: GatewayProcess;
/** Every ticket goes out to it as an event, in both tests. */
let receiver: TestReceiver;

const startTemporal = async (): Promise<LocalTemporal> =>
  startLocalTemporal({ binary: await findTemporalBinary(() => undefined), dir, port });

beforeAll(async () => {
  dir = mkdtempSync(path.join(os.tmpdir(), 'tidegate-temporal-'));
  port = await freePort();
  temporal = await startTemporal();
  await registerSearchAttributes(loadTemporalConfig({ TEMPORAL_ADDRESS: temporal.address }));
  rig = await startRig({ temporalAddress: temporal.address });
  gateway = await rig.gateway({
    env: { TIDEGATE_OUTCOME_WAIT_MS: '2000', TIDEGATE_EGRESS_ALLOW_LOOPBACK: 'true' },
  });
  receiver = await startReceiver();
  await makeEndpoint(rig.factory.withTenant, rig.masterKeys, rig.hook.tenant.id, {
    url: receiver.url,
    ratePerMinute: 60_000,
    maxInFlight: 5,
  });
});
afterAll(async () => {
  await rig.stop();
  await receiver.close();
  await temporal.stop();
  rmSync(dir, { recursive: true, force: true });
});

test('S-005 while Temporal hangs no request hangs with it: each is answered before it moves again', async () => {
  const release = await holdWrites(rig, 'effect');
  const running = rig.sender.send(gateway.url);
  await untilHeld(rig, 'effect', 1);
  temporal.child.signal('SIGSTOP');
  try {
    // One whose run is under way, and ten that cannot be started.
    expect((await running).ending).toMatchObject({ kind: 'answered', status: 200 });
    const sent = await Promise.all(Array.from({ length: 10 }, () => rig.sender.send(gateway.url)));
    for (const { ending } of sent) expect(ending).toMatchObject({ kind: 'answered', status: 200 });
  } finally {
    temporal.child.signal('SIGCONT');
    await release();
  }
  await expectNothingLostOrDoubled(rig);
});

test(
  'S-005 S-075 Temporal killed for 60 s under load: every request is acknowledged, the backlog drains by itself, and every event arrives',
  { timeout: 300_000 },
  async () => {
    const load = new AbortController();
    const sending = rig.sender.sendSteadily({
      urlOf: () => gateway.url,
      perSecond: 5,
      until: load.signal,
    });
    const before = rig.sender.ledger.length;
    await eventually(() => expect(rig.sender.ledger.length).toBeGreaterThan(before + 10));
    await temporal.child.stop('SIGKILL');
    // The length of the outage is what this test is about, so it is the one wait on a clock.
    await sleep(60_000);
    expect(await pendingIn(rig)).toBeGreaterThan(200);
    temporal = await startTemporal();
    load.abort();
    await sending;
    const statuses = new Set(
      rig.sender.ledger.map(({ ending }) => ending.kind === 'answered' && ending.status),
    );
    expect(statuses).toEqual(new Set([200]));
    await expectNothingLostOrDoubled(rig, 120_000);
    await expectEveryEventDelivered(rig, receiver, 120_000);
    expect(gateway.child.hasExited()).toBe(false);
  },
);
