import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { freePort } from '../../apps/dev/ports.ts';
import { databaseRoles, urlForRole } from '../../shared/db/provision.ts';
import { schemaVersion } from '../../shared/db/schema-version.ts';
import { layOutImage, readCompose, readDockerfile } from '../support/deployment.ts';
import { eventually } from '../support/eventually.ts';
import { makeFactory, send } from '../support/factory.ts';

// Runs what a deployment runs, without containers: the files of the image as its Dockerfile copies
// them, the workflow bundle built by its command, and each process with the command and the
// environment that docker-compose.yml gives it. Only addresses, ports and the place of the secrets
// differ.

const { adminUrl, migratorPassword, appPassword, temporalAddress } = inject('servers');
const database = `deployed_${randomUUID().replaceAll('-', '')}`;
const appUrl = urlForRole(adminUrl, databaseRoles.app, appPassword, database);
const masterKeys = `k1:${randomBytes(32).toString('base64')}`;
const compose = readCompose();
const instructions = readDockerfile();
const image = layOutImage();
const children: ChildProcess[] = [];
const ports = { gateway: 0, worker: 0 };

beforeAll(async () => {
  ports.gateway = await freePort();
  ports.worker = await freePort();
  const secrets = {
    admin_url: adminUrl,
    migrator_url: urlForRole(adminUrl, databaseRoles.migrator, migratorPassword, database),
    database_url: appUrl,
    master_keys: masterKeys,
    operator_token: randomBytes(32).toString('base64url'),
  };
  mkdirSync(path.join(image.dir, 'secrets'));
  for (const [name, secret] of Object.entries(secrets)) {
    writeFileSync(path.join(image.dir, 'secrets', name), secret);
  }
});
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  const client = new Client({ connectionString: adminUrl });
  await client.connect();
  await client.query(`drop database if exists ${database} with (force)`);
  await client.end();
  image.remove();
});

/** The environment of the image's ENV and of the service, with what only containers have replaced. */
function environmentOf(service: string): Record<string, string> {
  const ofImage = instructions
    .filter(({ stage, name }) => stage === 'runtime' && name === 'ENV')
    .flatMap(({ value }) => [...value.matchAll(/(\w+)=(\S+)/g)])
    .map(([, name = '', text = '']) => [name, text] as const);
  const all = { ...Object.fromEntries(ofImage), ...compose.services[service]?.environment };
  const local = Object.entries(all).map(([name, value]) => [
    name,
    value
      .replace('/run/secrets', path.join(image.dir, 'secrets'))
      .replace('/app/', `${image.dir}/`)
      .replace(/\$\{\w+:-(.*)\}/, '$1'),
  ]);
  return {
    ...(Object.fromEntries(local) as Record<string, string>),
    TEMPORAL_ADDRESS: temporalAddress,
    TIDEGATE_HOST: '127.0.0.1',
    TIDEGATE_PORT: String(ports.gateway),
    TIDEGATE_WORKER_HEALTH_PORT: String(ports.worker),
    TIDEGATE_START_BUDGET_MS: '5000',
  };
}

interface Started {
  readonly child: ChildProcess;
  readonly output: () => string;
  readonly ended: Promise<number>;
}

/** Starts a command of the image; the name `node` becomes the Node that runs the tests. */
function start(command: readonly string[], environment: Record<string, string> = {}): Started {
  const [program, ...args] = command;
  expect(program).toBe('node');
  const child = spawn(process.execPath, args, {
    cwd: image.dir,
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk;
    });
  }
  const ended = once(child, 'close').then(([code]) => code as number);
  return { child, output: () => output, ended };
}

const startService = (service: string, environment: Record<string, string> = {}): Started =>
  start(compose.services[service]?.command ?? [], { ...environmentOf(service), ...environment });

/** Waits for a command that must end well, and returns what it wrote; throws with it otherwise. */
async function succeed(started: Started): Promise<string> {
  const code = await started.ended;
  if (code !== 0) throw new Error(`ended with ${code}: ${started.output()}`);
  return started.output();
}

/** Runs the health check of a service until it says that all is well. */
async function untilHealthy(service: 'gateway' | 'worker'): Promise<Record<string, unknown>> {
  const check = (compose.services[service]?.healthcheck?.test ?? []).slice(1).map(String);
  const local = check.map((part) => part.replace(/:80\d\d\//, `:${ports[service]}/`));
  return eventually(async () => {
    return JSON.parse(await succeed(start(local))) as Record<string, unknown>;
  }, 30_000);
}

describe('a deployment', () => {
  test('comes up from nothing, takes a signed request with its worker elsewhere, and stops cleanly', async () => {
    const build = instructions.find(({ stage, name }) => stage === 'bundle' && name === 'RUN');
    await succeed(start(build?.value.split(' ') ?? []));

    expect(await succeed(startService('bootstrap'))).toContain(`"${schemaVersion}"]`);
    expect(await succeed(startService('bootstrap'))).toContain('"ran":[]');

    const worker = startService('worker');
    const gateway = startService('gateway', { TIDEGATE_INBOUND_WORKER: 'false' });
    await untilHealthy('worker');
    const health = await untilHealthy('gateway');
    expect(health).toMatchObject({ schema: schemaVersion, checks: { migrations: 'ok' } });

    const factory = makeFactory(appUrl, masterKeys);
    const hook = await factory.hook(await factory.tenant());
    const url = `http://127.0.0.1:${ports.gateway}`;
    const headers = { 'x-request-id': 'once' };
    const answer = await send(url, hook, { title: 'Deployed' }, { headers });
    expect(answer).toMatchObject({ status: 200, body: { delivery_id: expect.any(String) } });
    const repeated = await send(url, hook, { title: 'Deployed' }, { headers });
    expect(repeated.body).toEqual({ ...answer.body, duplicate: true });
    await eventually(async () => expect(await tickets()).toBe(1));
    await factory.close();

    await succeed(start(['node', 'apps/doctor/main.mjs', '--deployed'], environmentOf('gateway')));

    for (const { child } of [gateway, worker]) child.kill('SIGTERM');
    expect(await Promise.all([gateway.ended, worker.ended])).toEqual([0, 0]);
  }, 120_000);

  test.for(['gateway', 'worker'] as const)(
    'its %s ends with the reason when a master key that is in use is missing',
    async (service) => {
      const environment = environmentOf(service);
      const other = path.join(image.dir, 'secrets', 'other_keys');
      writeFileSync(other, `k2:${randomBytes(32).toString('base64')}`);
      const refused = start(compose.services[service]?.command ?? [], {
        ...environment,
        TIDEGATE_MASTER_KEYS_FILE: other,
      });
      expect(await refused.ended).toBe(1);
      expect(refused.output()).toContain('TIDEGATE_MASTER_KEYS lacks \\"k1\\" (1 tenants)');
    },
  );
});

async function tickets(): Promise<number> {
  const client = new Client({
    connectionString: urlForRole(adminUrl, 'postgres', new URL(adminUrl).password, database),
  });
  await client.connect();
  try {
    const { rows } = await client.query<{ n: number }>(
      'select count(*)::integer as n from tickets',
    );
    return rows[0]?.n ?? 0;
  } finally {
    await client.end();
  }
}
