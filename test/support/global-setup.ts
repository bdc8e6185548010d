import { mkdtempSync, chmodSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { TestProject } from 'vitest/node';
import { prepareDatabase } from '../../apps/bootstrap/database.ts';
import { registerSearchAttributes } from '../../apps/bootstrap/temporal.ts';
import { freePort } from '../../apps/dev/ports.ts';
import { startLocalPostgres } from '../../apps/dev/postgres.ts';
import { makeSecrets } from '../../apps/dev/secrets.ts';
import { findTemporalBinary } from '../../apps/dev/temporal-binary.ts';
import { startLocalTemporal } from '../../apps/dev/temporal-server.ts';
import { buildWorkflowBundle } from '../../apps/worker/inbound-worker.ts';
import { loadTemporalConfig } from '../../shared/config/temporal.ts';
import { codeCacheVariable } from './code-cache.ts';
import { templateDatabase, type TestServers } from './servers.ts';

/**
 * One Postgres and one Temporal server for the whole run, on free ports, in a temporary folder that
 * is gone afterwards. A run that cannot have them fails.
 */
export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  const dir = mkdtempSync(path.join(os.tmpdir(), 'tidegate-test-'));
  chmodSync(dir, 0o755);
  // For the test processes and all that they start: each would compile the same code anew.
  process.env[codeCacheVariable] ??= path.join(dir, 'code');
  const { postgresPassword, migratorPassword, appPassword } = makeSecrets();
  const postgres = await startLocalPostgres({
    dir,
    port: await freePort(),
    password: postgresPassword,
    isDisposable: true,
  });
  const { adminUrl } = postgres;
  await prepareDatabase({ adminUrl, database: templateDatabase, migratorPassword, appPassword });
  const binary = await findTemporalBinary((line) => console.log(line));
  const port = await freePort();
  const temporal = await startLocalTemporal({ binary, dir, port, isDisposable: true });
  await registerSearchAttributes(loadTemporalConfig({ TEMPORAL_ADDRESS: temporal.address }));
  // Once for all files: building it takes seconds of processor time.
  const workflowBundle = path.join(dir, 'workflow-bundle.js');
  writeFileSync(workflowBundle, (await buildWorkflowBundle()).code);
  project.provide('servers', {
    adminUrl,
    migratorPassword,
    appPassword,
    temporalAddress: temporal.address,
    workflowBundle,
  } satisfies TestServers);

  const tearDown = async (): Promise<void> => {
    await temporal.stop();
    await postgres.stop();
    rmSync(dir, { recursive: true, force: true });
  };
  // The runner ends at once on these two, without its tear-down.
  for (const signal of ['SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      void tearDown().finally(() => process.exit(1));
    });
  }
  return tearDown;
}
