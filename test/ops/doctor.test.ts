import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { prepareTemporal } from '../../apps/bootstrap/temporal.ts';
import { freePort } from '../../apps/dev/ports.ts';
import { deployedChecks } from '../../apps/doctor/deployed.ts';
import { formatFinding, runChecks, type NamedFinding } from '../../apps/doctor/finding.ts';
import { makeLocalChecks } from '../../apps/doctor/local.ts';
import { loadConfig } from '../../shared/config/load.ts';
import { loadTemporalConfig } from '../../shared/config/temporal.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { makeFactory } from '../support/factory.ts';
import { makeEndpoint } from '../support/outbound.ts';
import { startTestStack, type TestStack } from '../support/stack.ts';

const key = (id: string): string => `${id}:${randomBytes(32).toString('base64')}`;
const taskQueue = `test-${randomUUID()}`;
const masterKeys = key('now');

let database: TestDatabase;
let stack: TestStack;
let dir: string;

beforeAll(async () => {
  dir = mkdtempSync(path.join(os.tmpdir(), 'tidegate-doctor-'));
  database = await createTestDatabase();
  // A gateway elsewhere serves the queues of the installation that is looked at.
  stack = await startTestStack({ env: { TIDEGATE_TASK_QUEUE: taskQueue } });
  const factory = makeFactory(database.appUrl, masterKeys);
  await factory.hook(await factory.tenant());
  await factory.close();
  await prepareTemporal(loadTemporalConfig(deployed()), loadConfig(deployed()));
});
afterAll(async () => {
  await stack.stop();
  await database.drop();
  rmSync(dir, { recursive: true, force: true });
});

type Environment = Readonly<Record<string, string | undefined>>;

/** The environment of a deployed process in which all is well, with faults put in. */
const deployed = (faults: Environment = {}): Environment => ({
  DATABASE_URL: database.appUrl,
  TIDEGATE_MASTER_KEYS: masterKeys,
  TIDEGATE_TASK_QUEUE: taskQueue,
  TEMPORAL_ADDRESS: inject('servers').temporalAddress,
  ...faults,
});

const lookDeployed = (faults?: Environment) => runChecks(deployedChecks(deployed(faults)));
const lookLocally = (environment: Environment = {}) =>
  runChecks(makeLocalChecks({ TIDEGATE_DATA_DIR: path.join(dir, 'data'), ...environment }));

/** The lines of what is not well. */
const faultsOf = (findings: readonly NamedFinding[]): string[] =>
  findings.filter(({ isOk }) => !isOk).map((finding) => formatFinding(finding).trim());

describe('the doctor of a deployment', () => {
  test('finds nothing where all is well', async () => {
    expect(faultsOf(await lookDeployed())).toEqual([]);
  });

  test('reports settings that cannot be used, all together', async () => {
    expect(faultsOf(await lookDeployed({ TIDEGATE_PORT: 'x', TIDEGATE_PROT: '1' }))).toEqual([
      expect.stringMatching(/^FAIL {2}configuration .*TIDEGATE_PROT.*TIDEGATE_PORT.*Fix: /),
    ]);
  });

  test('reports a wrong password, and nothing that follows from it', async () => {
    const wrong = new URL(database.appUrl);
    wrong.password = 'wrong';
    const faults = faultsOf(await lookDeployed({ DATABASE_URL: wrong.toString() }));
    expect(faults[0]).toMatch(
      /^FAIL {2}database +password authentication failed.*Fix: check DATAB/,
    );
    expect(faults.filter((line) => /temporal|schedules|workers/.test(line))).toEqual([]);
  });

  test('S-127 reports a role that sees every tenant', async () => {
    const faults = faultsOf(
      await lookDeployed({ DATABASE_URL: database.admin.options.connectionString }),
    );
    expect(faults).toEqual([
      expect.stringMatching(/^FAIL {2}tenant walls .*is a superuser.*Fix: .*tidegate_app/),
    ]);
  });

  test('reports migrations that did not run, by name', async () => {
    const remove = `delete from schema_migrations where name = '0009_retention' returning run_on`;
    const { rows } = await database.admin.query<{ run_on: Date }>(remove);
    expect(faultsOf(await lookDeployed())).toEqual([
      expect.stringMatching(/^FAIL {2}migrations .*lacks 0009_retention.*Fix: run the bootstrap/),
    ]);
    await database.admin.query(
      `insert into schema_migrations (name, run_on) values ('0009_retention', $1)`,
      [rows[0]?.run_on],
    );
  });

  test('reports a master key that is in use and was dropped, by its id', async () => {
    expect(faultsOf(await lookDeployed({ TIDEGATE_MASTER_KEYS: key('other') }))).toEqual([
      expect.stringMatching(/^FAIL {2}master keys .*lacks "now" \(1 tenants\)/),
    ]);
  });

  test('S-069 reports secrets that are stored as plain text, by their number', async () => {
    const factory = makeFactory(database.appUrl, masterKeys);
    const tenant = await factory.tenant();
    const url = 'https://example.test/';
    const { id } = await makeEndpoint(factory.withTenant, masterKeys, tenant.id, { url });
    await factory.close();
    await database.admin.query(
      `update endpoint_secrets set sealed = null, legacy_plaintext = repeat('x', 54)
       where endpoint_id = $1`,
      [id],
    );
    expect(faultsOf(await lookDeployed())).toEqual([
      expect.stringMatching(
        /^FAIL {2}endpoint secrets +1 are still stored as plain text.*Fix: let/,
      ),
    ]);
    await database.admin.query('delete from endpoints where id = $1', [id]);
  });

  test('reports Temporal that does not answer, and nothing that follows from it', async () => {
    const address = `127.0.0.1:${await freePort()}`;
    expect(faultsOf(await lookDeployed({ TEMPORAL_ADDRESS: address }))).toEqual([
      expect.stringMatching(/^FAIL {2}temporal +.*Fix: check TEMPORAL_ADDRESS/),
    ]);
  });

  test('reports a namespace that is missing, and queues and schedules that nobody made', async () => {
    expect(faultsOf(await lookDeployed({ TEMPORAL_NAMESPACE: 'nowhere' }))).toEqual([
      expect.stringMatching(
        /^FAIL {2}temporal +there is no namespace nowhere.*Fix: run the bootstrap job/,
      ),
    ]);
    expect(faultsOf(await lookDeployed({ TIDEGATE_TASK_QUEUE: 'unknown' }))).toEqual([
      expect.stringMatching(/^FAIL {2}schedules +unknown-maintenance-retention does not exist/),
      expect.stringMatching(/^FAIL {2}workers +no worker serves unknown-inbound, unknown-outbound/),
    ]);
  });
});

describe('the doctor of the local stack', () => {
  test('finds nothing where all is well', async () => {
    expect(faultsOf(await lookLocally())).toEqual([]);
  });

  test('reports that the port which is demanded is taken, and by whom', async () => {
    const holder = createServer().listen(0, '127.0.0.1');
    await once(holder, 'listening');
    const { port } = holder.address() as AddressInfo;
    expect(faultsOf(await lookLocally({ TIDEGATE_PORT: String(port) }))).toEqual([
      expect.stringMatching(new RegExp(`^FAIL  ports +port ${port}.*\\(process ${process.pid}\\)`)),
    ]);
    holder.close();
  });

  test('reports a server that does not answer, and a role that may not prepare a database', async () => {
    const nowhere = `postgres://x:y@127.0.0.1:${await freePort()}/tidegate`;
    expect(faultsOf(await lookLocally({ DATABASE_URL: nowhere }))).toEqual([
      expect.stringMatching(/^FAIL {2}database +connect ECONNREFUSED/),
    ]);
    expect(faultsOf(await lookLocally({ DATABASE_URL: database.appUrl }))).toEqual([
      expect.stringMatching(/^FAIL {2}database +tidegate_app may not create roles/),
    ]);
  });

  test('reports a data folder that cannot be made', async () => {
    const file = path.join(import.meta.dirname, 'doctor.test.ts', 'below-a-file');
    expect(faultsOf(await lookLocally({ TIDEGATE_DATA_DIR: file }))).toEqual([
      expect.stringMatching(/^FAIL {2}folder .*is not a folder/),
    ]);
  });
});

describe('the command', () => {
  test.for([
    [0, {}],
    [1, { DATABASE_URL: 'postgres://x:y@127.0.0.1:1/tidegate' }],
  ] as const)('ends with %i and tells the findings as JSON', async ([exitCode, faults]) => {
    const command = spawn(process.execPath, ['apps/doctor/main.mjs', '--deployed', '--json'], {
      env: { ...deployed(), ...faults },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let text = '';
    command.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    const [code] = (await once(command, 'close')) as [number];
    expect(code).toBe(exitCode);
    expect(JSON.parse(text)).toMatchObject({
      isOk: exitCode === 0,
      findings: expect.arrayContaining([
        expect.objectContaining({ name: 'database', isOk: exitCode === 0 }),
      ]),
    });
  });
});
