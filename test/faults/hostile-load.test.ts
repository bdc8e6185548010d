import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { GatewayProcess } from '../support/faults/gateway-process.ts';
import { expectNothingLostOrDoubled } from '../support/faults/invariants.ts';
import { faultTimeoutMs, startRig, type Rig } from '../support/faults/rig.ts';
import { exchange, openSocket, rawRequest, readAnswer } from '../support/raw-http.ts';

vi.setConfig({ testTimeout: faultTimeoutMs, hookTimeout: faultTimeoutMs });

/** What hostile senders may cost a gateway beyond the work it does for the others, in bytes. */
const growthMax = 200 * 1_048_576;

let rig: Rig;
let gateway: GatewayProcess;
beforeEach(async () => {
  rig = await startRig();
});
afterEach(() => rig.stop());

async function sendMany(requests: number): Promise<void> {
  const sent = await Promise.all(
    Array.from({ length: requests }, () => rig.sender.send(gateway.url)),
  );
  for (const { ending } of sent) expect(ending).toMatchObject({ kind: 'answered', status: 200 });
}

/** Memory that the gateway's process holds, in bytes. */
function residentBytes(): number {
  const { pid } = gateway.child;
  const kilobytes =
    process.platform === 'linux'
      ? /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
      : execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' });
  return Number(kilobytes) * 1_024;
}

test('S-004 500 half-open connections do not disturb other senders, and each is ended at the time limit', async () => {
  gateway = await rig.gateway({ env: { TIDEGATE_REQUEST_TIMEOUT_MS: '4000' } });
  await sendMany(20);
  const bytes = rawRequest(rig.hook);
  const halfOpen = Array.from({ length: 500 }, (_, n) => {
    const socket = openSocket(gateway.url);
    // Nothing at all, half a header block, half a body.
    socket.write(bytes.subarray(0, [0, 60, bytes.length - 5][n % 3]));
    return readAnswer(socket).finally(() => socket.destroy());
  });
  await sendMany(30);
  const statuses = new Set((await Promise.all(halfOpen)).map(({ status }) => status));
  // Node closes without an answer where not one byte came.
  for (const status of statuses) expect([408, undefined]).toContain(status);
  await expectNothingLostOrDoubled(rig);
});

test('S-004 bodies over the ceiling cost no memory that stays', async () => {
  gateway = await rig.gateway();
  await sendMany(50);
  const before = residentBytes();
  const body = Buffer.alloc(5_242_881, 'x');
  const declared = rawRequest(rig.hook, { body });
  const chunked = rawRequest(rig.hook, {
    lines: ['transfer-encoding: chunked'],
    body: Buffer.concat([Buffer.from('500001\r\n'), body]),
  });
  for (let round = 0; round < 10; round += 1) {
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, n) => exchange(gateway.url, n % 2 === 0 ? declared : chunked)),
    );
    for (const { status } of answers) expect(status).toBe(413);
  }
  await sendMany(10);
  expect(residentBytes() - before).toBeLessThan(growthMax);
  await expectNothingLostOrDoubled(rig);
});
