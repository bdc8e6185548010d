import { existsSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { serviceNodeOptions } from '../../shared/config/node-options.ts';
import { bootstrapVariables, variables } from '../../shared/config/schema.ts';
import { copiedFrom, readCompose, readDockerfile, repository } from '../support/deployment.ts';

const compose = readCompose();
const dockerfile = readDockerfile();
const services = Object.entries(compose.services);
const ours = services.filter(([, service]) => service.image.startsWith('tidegate:'));

const isThere = (file: string): boolean => existsSync(path.join(repository, file));

/** What the images of others read from their environment, from their own documentation. */
const foreignVariables: Readonly<Record<string, RegExp>> = {
  postgres: /^POSTGRES_(PASSWORD_FILE|INITDB_ARGS)$/,
  'temporal-schema': /^(SQL_(HOST|PORT|USER|PASSWORD_FILE)|SCHEMA_DIR)$/,
  temporal:
    /^(DB|DB_PORT|DBNAME|VISIBILITY_DBNAME|POSTGRES_(SEEDS|USER|PWD_FILE)|SQL_MAX(_IDLE)?_CONNS|NUM_HISTORY_SHARDS|BIND_ON_IP|DYNAMIC_CONFIG_FILE_PATH|PROMETHEUS_ENDPOINT|LOG_LEVEL|TEMPORAL_ALLOW_NO_AUTH)$/,
  'temporal-ui': /^TEMPORAL_(ADDRESS|UI_PORT|DEFAULT_NAMESPACE|DISABLE_NEWS_FETCH)$/,
};

/** Whether a process of ours reads a variable. */
function isOurs(name: string): boolean {
  const settings: Readonly<Record<string, { meta(): Record<string, unknown> | undefined }>> = {
    ...variables,
    ...bootstrapVariables,
  };
  const secret = settings[name.replace(/_FILE$/, '')]?.meta()?.['isSecret'] === true;
  return name.endsWith('_FILE') ? secret : name in settings || name.startsWith('TEMPORAL_');
}

describe('docker-compose.yml', () => {
  test.for(services)('%s has only variables that its image reads', ([name, service]) => {
    const known = foreignVariables[name];
    const unknown = Object.keys(service.environment ?? {}).filter((variable) =>
      known === undefined ? !isOurs(variable) : !known.test(variable),
    );
    expect(unknown).toEqual([]);
  });

  test.for(services)('%s is hardened, bounded, restarted and pinned', ([, service]) => {
    expect(service).toMatchObject({
      read_only: true,
      cap_drop: ['ALL'],
      security_opt: ['no-new-privileges:true'],
      image: expect.stringMatching(/:(\d+\.\d+(\.\d+)?(-[a-z]+)?|\$\{IMAGE_TAG:-\d+\.\d+\.\d+\})$/),
      restart: expect.stringMatching(/^(unless-stopped|on-failure:\d)$/),
      deploy: {
        resources: {
          limits: { cpus: expect.any(String), memory: expect.stringMatching(/^\d+[mg]$/) },
        },
      },
    });
  });

  test('no process of ours or of Postgres is root', () => {
    for (const [, service] of ours) expect(service.user).toBe('node');
    expect(compose.services['postgres']?.user).toBe('postgres');
  });

  test('publishes the gateway only, and that to this machine', () => {
    const published = services.flatMap(([name, { ports }]) =>
      (ports ?? []).map((port) => [name, port]),
    );
    expect(published).toEqual([['gateway', expect.stringMatching(/:-127\.0\.0\.1:8080\}:8080$/)]]);
  });

  test('lets nobody but gateway and worker reach beyond the inner network, which has no way out', () => {
    expect(compose.networks['backend']?.internal).toBe(true);
    const outward = services.filter(([, { networks }]) =>
      networks.some((name) => name !== 'backend'),
    );
    expect(outward.map(([name]) => name)).toEqual(['gateway', 'worker']);
  });

  test('holds no secret: each is a file that its services name', () => {
    for (const [name, { file }] of Object.entries(compose.secrets)) {
      expect(file).toBe(`./secrets/${name}`);
    }
    for (const [, service] of services) {
      const given = new Set(service.secrets);
      const named = Object.entries(service.environment ?? {}).filter(([name]) =>
        name.endsWith('_FILE'),
      );
      for (const [, file] of named) expect(given).toContain(path.basename(file));
      for (const [name, value] of Object.entries(service.environment ?? {})) {
        expect(`${name}=${value}`).not.toMatch(
          /(PASSWORD|PWD|KEYS|SECRET|TOKEN|(DATABASE|MIGRATOR|ADMIN)_URL)=|:\/\/[^/]*@/,
        );
      }
    }
  });

  test('waits for services that exist, and for the health of those that have a check', () => {
    const needs = services.flatMap(([, service]) => Object.entries(service.depends_on ?? {}));
    const checked = services
      .filter(([, { healthcheck }]) => healthcheck?.test)
      .map(([name]) => name);
    const healthy = needs.filter(([, { condition }]) => condition === 'service_healthy');
    expect(checked).toEqual(expect.arrayContaining(healthy.map(([name]) => name)));
    expect(Object.keys(compose.services)).toEqual(
      expect.arrayContaining(needs.map(([name]) => name)),
    );
    expect(new Set(needs.map(([, { condition }]) => condition))).toEqual(
      new Set(['service_healthy', 'service_completed_successfully']),
    );
  });

  test('checks health by texts: a colon that makes a mapping of one is a fault', () => {
    const tests = services.flatMap(([, { healthcheck }]) => healthcheck?.test ?? []);
    expect(tests.filter((part) => typeof part !== 'string')).toEqual([]);
    expect(tests.length).toBeGreaterThan(0);
  });

  test('mounts files that exist, read-only', () => {
    const mounts = services
      .flatMap(([, { volumes }]) => volumes ?? [])
      .filter((one) => one.startsWith('.'));
    const parts = mounts.map((mount) => mount.split(':'));
    expect(parts.filter(([file = '']) => !isThere(file))).toEqual([]);
    expect(parts.filter(([, , mode]) => mode !== 'ro')).toEqual([]);
    expect(mounts).toHaveLength(4);
  });
});

/** The file of ours that a command runs, such as apps/worker/main.ts. */
const entryOf = (command: readonly unknown[]): unknown =>
  command.find((part) => typeof part === 'string' && part.startsWith('apps/'));

describe('the image', () => {
  const inRuntime = (name: string): string[] =>
    dockerfile
      .filter((one) => one.stage === 'runtime' && one.name === name)
      .map(({ value }) => value);

  test('runs entries that exist and that it carries, in compose and by itself', () => {
    const commands = [
      ...ours.flatMap(([, { command, healthcheck }]) => [command, healthcheck?.test]),
      ...inRuntime('CMD').map((text) => JSON.parse(text) as unknown[]),
    ].filter((command) => command !== undefined);
    const carried = copiedFrom(dockerfile, 'runtime');
    const entries = commands.map((command) => String(entryOf(command)));
    expect(entries.filter((entry) => !isThere(entry))).toEqual([]);
    expect(entries.filter((entry) => !carried.includes(entry.split('/')[0] ?? ''))).toEqual([]);
    expect(commands.length).toBeGreaterThan(4);
  });

  test('copies what exists', () => {
    const copied = ['packages', 'bundle', 'runtime'].flatMap((stage) =>
      copiedFrom(dockerfile, stage),
    );
    expect(copied.filter((name) => !isThere(name))).toEqual([]);
    expect(copied).toContain('workflows');
  });

  test('is built on the Node that the packages pin, and does not run as root', async () => {
    const { default: manifest } = (await import('../../package.json', {
      with: { type: 'json' },
    })) as { default: { dependencies: Record<string, string> } };
    const base = dockerfile.find(({ name }) => name === 'ARG')?.value;
    expect(base).toBe(`NODE_IMAGE=node:${manifest.dependencies['node']}-bookworm-slim`);
    expect(inRuntime('USER')).toEqual(['node']);
  });

  test('sets only variables that the processes read', () => {
    const names = inRuntime('ENV').flatMap((text) =>
      text.split(' ').map((pair) => pair.split('=')[0] ?? ''),
    );
    const ofNode = new Set(['NODE_ENV', 'NODE_OPTIONS']);
    expect(names.filter((name) => !ofNode.has(name) && !isOurs(name))).toEqual([]);
    expect(inRuntime('ENV').join(' ')).toContain(`NODE_OPTIONS=${serviceNodeOptions.join(' ')}`);
    expect(names).toContain('TIDEGATE_WORKFLOW_BUNDLE');
  });
});
