import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { inject } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../database.ts';
import {
  makeFactory,
  ticketMapping,
  type Factory,
  type TestHook,
  directAction,
} from '../factory.ts';
import { spawnGateway, type GatewayProcess } from './gateway-process.ts';
import { startFaultyLink, type FaultyLink } from './link.ts';
import { makeSender, type Sender } from './sender.ts';

/** Gateway processes on one database, one hook, a sender with its ledger, and links that break. */
export interface Rig {
  /** Logs and state of what the rig starts. */
  readonly dir: string;
  readonly database: Pick<TestDatabase, 'appUrl' | 'admin'>;
  readonly factory: Factory;
  readonly hook: TestHook;
  readonly sender: Sender;
  readonly temporalAddress: string;
  readonly masterKeys: string;
  gateway(options?: RigGatewayOptions): Promise<GatewayProcess>;
  /** A breakable link to the Temporal server. */
  temporalLink(): Promise<FaultyLink>;
  /** A breakable link to the database server. */
  databaseLink(): Promise<FaultyLink>;
  /** Ends everything that the rig started. */
  stop(): Promise<void>;
}

export interface RigGatewayOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** What it reaches Temporal through. */
  readonly temporal?: FaultyLink;
  /** What it reaches Postgres through. */
  readonly postgres?: FaultyLink;
  readonly isTemporalAway?: boolean;
}

export interface RigOptions {
  /** Instead of a database on the Postgres of the run. Not dropped by the rig. */
  readonly database?: Pick<TestDatabase, 'appUrl' | 'admin'>;
  /** Instead of the Temporal server of the run. */
  readonly temporalAddress?: string;
}

/** Time limit of a test here: processes start in it, and the machine may be busy. */
export const faultTimeoutMs = 180_000;

const host = '127.0.0.1';

export async function startRig(options: RigOptions = {}): Promise<Rig> {
  const dir = mkdtempSync(path.join(os.tmpdir(), 'tidegate-faults-'));
  const drops: (() => Promise<void>)[] = [];
  const database = options.database ?? (await ownDatabase(drops));
  const masterKeys = `test:${randomBytes(32).toString('base64')}`;
  const taskQueue = `faults-${randomUUID()}`;
  const temporalAddress = options.temporalAddress ?? inject('servers').temporalAddress;
  const factory = makeFactory(database.appUrl, masterKeys);
  const tenant = await factory.tenant();
  const { external_id: _, ...mapping } = ticketMapping(tenant.desk);
  // Without an external id nothing but the delivery keeps a second ticket away.
  const hook = await factory.hook(tenant, { handler: directAction('createTicket', mapping) });
  const closers: (() => Promise<void>)[] = [];

  const link = async (target: { host: string; port: number }): Promise<FaultyLink> => {
    const started = await startFaultyLink(target);
    closers.push(() => started.close());
    return started;
  };
  return {
    dir,
    database,
    factory,
    hook,
    sender: makeSender(hook),
    temporalAddress,
    masterKeys,
    async gateway({ env, temporal, postgres, isTemporalAway = false } = {}) {
      const started = await spawnGateway({
        dir,
        isTemporalAway,
        env: {
          DATABASE_URL: throughLink(database.appUrl, postgres),
          TEMPORAL_ADDRESS: temporal === undefined ? temporalAddress : `${host}:${temporal.port}`,
          TIDEGATE_MASTER_KEYS: masterKeys,
          TIDEGATE_TASK_QUEUE: taskQueue,
          TIDEGATE_PORT: '0',
          TIDEGATE_EVALUATORS: '1',
          TIDEGATE_WORKFLOW_BUNDLE: inject('servers').workflowBundle,
          TIDEGATE_SWEEP_INTERVAL_MS: '100',
          TIDEGATE_START_GRACE_MS: '1000',
          ...env,
        },
      });
      closers.push(() => started.child.stop());
      return started;
    },
    temporalLink: () => link(addressOf(temporalAddress)),
    databaseLink: () => link(addressOf(new URL(database.appUrl).host)),
    async stop() {
      for (const close of closers.toReversed()) await close();
      await factory.close();
      for (const drop of drops) await drop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

async function ownDatabase(drops: (() => Promise<void>)[]): Promise<TestDatabase> {
  const database = await createTestDatabase();
  drops.push(() => database.drop());
  return database;
}

function addressOf(hostAndPort: string): { host: string; port: number } {
  return { host, port: Number(hostAndPort.split(':')[1]) };
}

function throughLink(url: string, link: FaultyLink | undefined): string {
  if (link === undefined) return url;
  const changed = new URL(url);
  changed.port = String(link.port);
  return changed.toString();
}
