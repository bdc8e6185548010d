import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { describeConfig, loadConfig } from '../../shared/config/load.ts';

const valid = {
  DATABASE_URL: 'postgres://tidegate_app:pw@127.0.0.1:5432/tidegate',
  TIDEGATE_MASTER_KEYS: `a:${randomBytes(32).toString('base64')}`,
};

describe('the configuration', () => {
  test('has a default for everything but the database and the master keys', () => {
    expect(loadConfig(valid)).toMatchObject({ TIDEGATE_PORT: 8080, TIDEGATE_INBOUND_WORKER: true });
  });

  test('reports all faults at once, unknown settings among them', () => {
    const environment = { TIDEGATE_PORT: '99999', TIDEGATE_PROT: '1', TIDEGATE_MASTER_KEYS: 'a:b' };
    expect(() => loadConfig(environment)).toThrow(
      /TIDEGATE_PROT: there is no such setting[^]*DATABASE_URL: is required[^]*TIDEGATE_MASTER_KEYS: entry 1[^]*TIDEGATE_PORT/,
    );
  });

  test('is not troubled by what the launcher and the command line read from the same environment', () => {
    const others = ['DATA_DIR', 'URL', 'TOKEN', 'SECRET'].map((name) => [`TIDEGATE_${name}`, 'x']);
    const config = loadConfig({ ...valid, ...Object.fromEntries(others) });
    expect(describeConfig(config)).toEqual(describeConfig(loadConfig(valid)));
  });

  test('takes secrets from files, and only secrets', () => {
    const dir = mkdtempSync(path.join(os.tmpdir(), 'tidegate-config-'));
    const file = path.join(dir, 'keys');
    writeFileSync(file, `${valid.TIDEGATE_MASTER_KEYS}\n`);
    const { DATABASE_URL } = valid;
    expect(loadConfig({ DATABASE_URL, TIDEGATE_MASTER_KEYS_FILE: file })).toBeDefined();
    expect(() => loadConfig({ ...valid, TIDEGATE_PORT_FILE: file })).toThrow(/only secrets/);
    rmSync(dir, { recursive: true });
  });

  test('is described for the log without its secrets', () => {
    const text = JSON.stringify(describeConfig(loadConfig(valid)));
    expect(text).toContain('"DATABASE_URL":"set"');
    expect(text).not.toContain(valid.TIDEGATE_MASTER_KEYS.slice(2));
  });
});
