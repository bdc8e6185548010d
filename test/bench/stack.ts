import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Pool } from 'pg';
import { prepareDatabase } from '../../apps/bootstrap/database.ts';
import { registerSearchAttributes } from '../../apps/bootstrap/temporal.ts';
import { freePort } from '../../apps/dev/ports.ts';
import { startLocalPostgres } from '../../apps/dev/postgres.ts';
import { makeSecrets } from '../../apps/dev/secrets.ts';
import { findTemporalBinary } from '../../apps/dev/temporal-binary.ts';
import { startLocalTemporal } from '../../apps/dev/temporal-server.ts';
import { loadTemporalConfig } from '../../shared/config/temporal.ts';
import {
  directAction,
  makeFactory,
  ticketMapping,
  type Factory,
  type TestHook,
} from '../support/factory.ts';
import type { MeasuredProcesses } from './processor-time.ts';
import { startTemporalOnPostgres } from './temporal-on-postgres.ts';
import { spawnGateway, type GatewayProcess } from '../support/faults/gateway-process.ts';

/** A gateway process with servers of its own: Postgres with fsync, and a Temporal server. */
export interface BenchStack {
  readonly admin: Pool;
  readonly gateway: GatewayProcess;
  readonly temporalAddress: string;
  /** Process ids, `node` that of the gateway. */
  readonly processes: MeasuredProcesses;
  readonly factory: Factory;
  readonly masterKeys: string;
  /** A hook of a tenant of its own. */
  newHook(): Promise<TestHook>;
  stop(): Promise<void>;
}

/** A server that runs already, the local development server, or one like production's. */
export type BenchTemporal = { readonly address: string | undefined } | 'on Postgres';

export interface BenchStackOptions {
  readonly temporal: BenchTemporal;
  readonly gatewayOptions: readonly string[];
  /** Settings of the gateway besides those that every measurement has. */
  readonly env?: Readonly<Record<string, string>>;
}

type Closers = (() => Promise<void>)[];

/** Starts all of it, or leaves nothing behind. */
export async function startBenchStack(options: BenchStackOptions): Promise<BenchStack> {
  const closers: Closers = [];
  const stopAll = async (): Promise<void> => {
    for (const close of closers.toReversed()) await close();
  };
  let stopped: Promise<void> | undefined;
  // Once, also when a signal and the end of the bench ask for it.
  const stop = (): Promise<void> => (stopped ??= stopAll());
  try {
    return { ...(await start(options, closers)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function start(
  given: BenchStackOptions,
  closers: Closers,
): Promise<Omit<BenchStack, 'stop'>> {
  const dir = mkdtempSync(path.join(os.tmpdir(), 'tidegate-bench-'));
  chmodSync(dir, 0o755);
  closers.push(() => Promise.resolve(rmSync(dir, { recursive: true, force: true })));
  const { postgresPassword, migratorPassword, appPassword, masterKeys } = makeSecrets();
  const postgres = await startLocalPostgres({
    dir,
    port: await freePort(),
    password: postgresPassword,
  });
  closers.push(postgres.stop);
  const { adminUrl } = postgres;
  const database = 'tidegate_bench';
  const { appUrl } = await prepareDatabase({ adminUrl, database, migratorPassword, appPassword });
  const admin = new Pool({ connectionString: new URL(`/${database}`, adminUrl).toString() });
  // A connection that is still closing when Postgres stops.
  admin.on('error', () => undefined);
  closers.push(() => admin.end());
  const temporal = await findTemporal(given.temporal, { dir, adminUrl, closers });
  const temporalAddress = temporal.address;
  await registerSearchAttributes(loadTemporalConfig({ TEMPORAL_ADDRESS: temporalAddress }));
  const factory = makeFactory(appUrl, masterKeys);
  closers.push(() => factory.close());
  const gateway = await spawnGateway({
    dir,
    nodeOptions: given.gatewayOptions,
    env: {
      DATABASE_URL: appUrl,
      TEMPORAL_ADDRESS: temporalAddress,
      TIDEGATE_MASTER_KEYS: masterKeys,
      TIDEGATE_TASK_QUEUE: `bench-${randomBytes(6).toString('hex')}`,
      TIDEGATE_PORT: '0',
      // A start that is given up is answered at once: outcomes could not be measured then.
      TIDEGATE_START_BUDGET_MS: '10000',
      // Everything here comes from, and goes to, one address.
      TIDEGATE_REQUESTS_PER_MINUTE_PER_ADDRESS: '0',
      TIDEGATE_KEY_REQUESTS_PER_MINUTE: '0',
      TIDEGATE_TENANT_REQUESTS_PER_MINUTE: '0',
      TIDEGATE_EGRESS_ALLOW_LOOPBACK: 'true',
      ...given.env,
    },
  });
  closers.push(() => gateway.child.stop());
  return {
    admin,
    gateway,
    temporalAddress,
    processes: {
      node: gateway.child.pid,
      postgres: postgres.child.pid,
      temporal: temporal.pid,
    },
    factory,
    masterKeys,
    newHook: () => newHook(factory),
  };
}

async function findTemporal(
  wanted: BenchTemporal,
  { dir, adminUrl, closers }: { dir: string; adminUrl: string; closers: Closers },
): Promise<{ readonly address: string; readonly pid: number | undefined }> {
  if (wanted !== 'on Postgres' && wanted.address !== undefined) {
    return { address: wanted.address, pid: undefined };
  }
  const { address, child, stop } =
    wanted === 'on Postgres'
      ? await startTemporalOnPostgres({ dir, adminUrl })
      : await startLocalTemporal({
          binary: await findTemporalBinary((line) => console.error(line)),
          dir,
          port: await freePort(),
        });
  closers.push(stop);
  return { address, pid: child.pid };
}

async function newHook(factory: Factory): Promise<TestHook> {
  const tenant = await factory.tenant();
  const { external_id: _, ...mapping } = ticketMapping(tenant.desk);
  return factory.hook(tenant, { handler: directAction('createTicket', mapping) });
}
