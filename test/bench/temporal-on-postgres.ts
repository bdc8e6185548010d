import { execFileSync } from 'node:child_process';
import { randomBytes, randomInt } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Connection } from '@temporalio/client';
import { Client } from 'pg';
import { prepareNamespace } from '../../apps/bootstrap/namespace.ts';
import { startChild, untilReady, type Child } from '../../apps/dev/children.ts';
import { isPortFree } from '../../apps/dev/ports.ts';
import { buildWithGo, cacheDir, goModule } from '../../apps/dev/temporal-binary.ts';

/**
 * The Temporal server that production runs, on a Postgres: built from source with Go (the development
 * server can keep its state in SQLite only), set up by the scripts of `deploy/` and with the settings of
 * the compose file.
 */
export interface TemporalOnPostgres {
  readonly address: string;
  readonly child: Child;
  stop(): Promise<void>;
}

interface Options {
  readonly dir: string;
  /** A superuser's connection string to the Postgres that keeps its databases. */
  readonly adminUrl: string;
}

const deployed = fileURLToPath(new URL('../../deploy/temporal', import.meta.url));
const host = '127.0.0.1';
const role = 'temporal';
const dayMs = 86_400_000;

const programs = {
  'temporal-server': 'go.temporal.io/server/cmd/server',
  'temporal-sql-tool': 'go.temporal.io/server/cmd/tools/sql',
} as const;

/** Builds what is missing, makes databases and schemas, and starts the server. Throws without Go. */
export async function startTemporalOnPostgres(options: Options): Promise<TemporalOnPostgres> {
  const { dir, adminUrl } = options;
  const server = await built('temporal-server');
  await built('temporal-sql-tool');
  const password = randomBytes(16).toString('hex');
  const passwordFile = path.join(dir, 'temporal-password');
  writeFileSync(passwordFile, password, { mode: 0o600 });
  await makeDatabases(adminUrl, password);
  const { hostname, port: databasePort } = new URL(adminUrl);
  makeSchemas({ SQL_HOST: hostname, SQL_PORT: databasePort, SQL_PASSWORD_FILE: passwordFile });
  const ports = await freePorts();
  const child = startChild({
    name: 'temporal',
    dir,
    command: server,
    args: ['--allow-no-auth', 'start'],
    env: {
      ...process.env,
      ...ports,
      DB: 'postgres12',
      POSTGRES_SEEDS: hostname,
      DB_PORT: databasePort,
      POSTGRES_USER: role,
      POSTGRES_PWD: password,
      SQL_MAX_CONNS: '40',
      SQL_MAX_IDLE_CONNS: '40',
      // The figures of design and of other products were taken with four.
      NUM_HISTORY_SHARDS: '4',
      DYNAMIC_CONFIG_FILE_PATH: path.join(deployed, 'dynamic-config.yaml'),
      LOG_LEVEL: 'warn',
    },
  });
  const address = `${host}:${ports['FRONTEND_GRPC_PORT']}`;
  await untilReady(child, () => prepare(address));
  return { address, child, stop: () => child.stop('SIGTERM') };
}

/** A program of the server's, from the cache or built into it. */
async function built(name: keyof typeof programs): Promise<string> {
  const target = path.join(cacheDir(), name);
  if (existsSync(target)) return target;
  mkdirSync(cacheDir(), { recursive: true });
  await buildWithGo(target, programs[name], () =>
    console.error(`building ${name} from source with Go: some minutes, once`),
  );
  return target;
}

async function makeDatabases(adminUrl: string, password: string): Promise<void> {
  const client = new Client({ connectionString: adminUrl });
  await client.connect();
  try {
    await client.query(`create role ${role} login password '${password}'`);
    await client.query(`create database temporal owner ${role}`);
    await client.query(`create database temporal_visibility owner ${role}`);
  } finally {
    await client.end();
  }
}

function makeSchemas(env: Readonly<Record<string, string>>): void {
  const module = execFileSync('go', ['list', '-m', '-f', '{{.Dir}}', 'go.temporal.io/server'], {
    cwd: goModule,
    encoding: 'utf8',
  });
  execFileSync('sh', [path.join(deployed, 'schema.sh')], {
    // Every statement is printed; of a failure, the error shows it.
    stdio: 'pipe',
    env: {
      ...process.env,
      ...env,
      PATH: `${cacheDir()}${path.delimiter}${process.env['PATH']}`,
      SQL_USER: role,
      SCHEMA_DIR: path.join(module.trim(), 'schema', 'postgresql', 'v12'),
    },
  });
}

/**
 * Each of its services has ports of its own. Its members find each other by a table that keeps ports as
 * `smallint`: those that the system picks are too high.
 */
async function freePorts(): Promise<Record<string, string>> {
  const names = ['FRONTEND', 'MATCHING', 'HISTORY', 'WORKER'].flatMap((service) => [
    `${service}_GRPC_PORT`,
    `${service}_MEMBERSHIP_PORT`,
  ]);
  const ports: Record<string, string> = {};
  for (const name of [...names, 'FRONTEND_HTTP_PORT']) {
    ports[name] = String(await lowPort(new Set(Object.values(ports))));
  }
  return ports;
}

async function lowPort(taken: ReadonlySet<string>): Promise<number> {
  for (;;) {
    const port = randomInt(20_000, 32_768);
    if (!taken.has(String(port)) && (await isPortFree(port))) return port;
  }
}

async function prepare(address: string): Promise<void> {
  const connection = await Connection.connect({ address, connectTimeout: 1_000 });
  try {
    await prepareNamespace(connection, 'default', dayMs);
  } finally {
    await connection.close();
  }
}
