import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Pool } from 'pg';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { prepareDatabase } from '../../apps/bootstrap/database.ts';
import { freePort } from '../../apps/dev/ports.ts';
import { startLocalPostgres, type LocalPostgres } from '../../apps/dev/postgres.ts';
import { makeSecrets } from '../../apps/dev/secrets.ts';
import { eventually } from '../support/eventually.ts';
import { expectNothingLostOrDoubled } from '../support/faults/invariants.ts';
import { faultTimeoutMs, startRig, type Rig } from '../support/faults/rig.ts';

vi.setConfig({ testTimeout: faultTimeoutMs, hookTimeout: faultTimeoutMs });

const { postgresPassword, migratorPassword, appPassword } = makeSecrets();
const database = 'tidegate';
let dir: string;
let port: number;
let postgres: LocalPostgres;
let admin: Pool;
let rig: Rig;

/** With fsync: what this file is about is whether a commit survives. */
const startPostgres = (): Promise<LocalPostgres> =>
  startLocalPostgres({ dir, port, password: postgresPassword });

beforeAll(async () => {
  dir = mkdtempSync(path.join(os.tmpdir(), 'tidegate-postgres-'));
  chmodSync(dir, 0o755);
  port = await freePort();
  postgres = await startPostgres();
  const { adminUrl } = postgres;
  const { appUrl } = await prepareDatabase({ adminUrl, database, migratorPassword, appPassword });
  admin = new Pool({ connectionString: new URL(`/${database}`, adminUrl).toString(), max: 2 });
  admin.on('error', () => undefined);
  rig = await startRig({ database: { appUrl, admin } });
});
afterAll(async () => {
  await rig.stop();
  await admin.end();
  await postgres.stop();
  rmSync(dir, { recursive: true, force: true });
});

test('S-005 while Postgres is away every request gets a 503 with Retry-After; what was acknowledged survives its crash', async () => {
  const { url, child } = await rig.gateway();
  const load = new AbortController();
  const sending = rig.sender.sendSteadily({
    urlOf: () => url,
    perSecond: 10,
    until: load.signal,
    async: true,
  });
  await eventually(() => expect(rig.sender.ledger.length).toBeGreaterThan(20));
  await postgres.child.stop('SIGKILL');
  const deadFrom = rig.sender.ledger.length;
  const refused = await Promise.all([1, 2, 3].map(() => rig.sender.send(url)));
  for (const { ending } of refused) {
    expect(ending).toMatchObject({ status: 503, retryAfter: expect.stringMatching(/^[1-9]\d*$/) });
  }
  await eventually(() => expect(rig.sender.ledger.length).toBeGreaterThan(deadFrom + 20));
  postgres = await startPostgres();
  await eventually(async () =>
    expect((await rig.sender.send(url)).ending).toMatchObject({ status: 200 }),
  );
  load.abort();
  await sending;
  expect(child.hasExited()).toBe(false);
  expect(rig.sender.ledger.every(({ ending }) => ending.kind === 'answered')).toBe(true);
  await expectNothingLostOrDoubled(rig);
});
