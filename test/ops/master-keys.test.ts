import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { assertMasterKeys, rewrapDataKeys } from '../../shared/crypto/data-keys.ts';
import { parseKeyRing } from '../../shared/crypto/key-ring.ts';
import { makeTenantVault } from '../../shared/crypto/tenant-vault.ts';
import type { Pool } from '../../shared/db/pool.ts';
import { createTestDatabase, type TestDatabase, openAppPool } from '../support/database.ts';
import { makeFactory, type Factory, type TestTenant } from '../support/factory.ts';

const key = (id: string): string => `${id}:${randomBytes(32).toString('base64')}`;
const old = key('old');
const next = key('next');
const place = { table: 'hook_secrets', column: 'sealed', rowId: 'r1' };

let database: TestDatabase;
let factory: Factory;
let pool: Pool;
const sealed = new Map<TestTenant, Buffer>();

beforeAll(async () => {
  database = await createTestDatabase();
  factory = makeFactory(database.appUrl, old);
  pool = openAppPool(database.appUrl, 4);
  const vault = makeTenantVault(parseKeyRing(old));
  for (let made = 0; made < 3; made += 1) {
    const tenant = await factory.tenant();
    const box = await factory.withTenant(tenant.id, (tx) =>
      vault.seal(tx, place, Buffer.from(tenant.slug)),
    );
    sealed.set(tenant, box);
  }
});
afterAll(async () => {
  await factory.close();
  await pool.end();
  await database.drop();
});

/** Every tenant's secret, opened by a process that starts now with these keys. */
async function openAll(keys: string): Promise<string[]> {
  const vault = makeTenantVault(parseKeyRing(keys));
  const opened: string[] = [];
  for (const [tenant, box] of sealed) {
    const secret = await factory.withTenant(tenant.id, (tx) => vault.open(tx, place, box));
    opened.push(secret.toString());
  }
  return opened;
}

const rewrap = (keys: string) => rewrapDataKeys(pool, factory.withTenant, parseKeyRing(keys));

// In the order of a rotation: each test starts where the one before it ended.
describe('rotating the master keys', () => {
  const slugs = () => [...sealed.keys()].map(({ slug }) => slug);

  test('a ring without the key in use stops the boot, naming the key and what to do', async () => {
    await expect(assertMasterKeys(pool, parseKeyRing(next))).rejects.toThrow(
      /lacks "old" \(3 tenants\): put the key back/,
    );
    await expect(assertMasterKeys(pool, parseKeyRing(`${old},${next}`))).resolves.toBeUndefined();
  });

  test('the job wraps every data key with the first one, and counts tenants by key', async () => {
    expect(await rewrap(`${old},${next}`)).toEqual({ rewrapped: 0, tenantsByKey: { old: 3 } });
    const both = await Promise.all([rewrap(`${next},${old}`), rewrap(`${next},${old}`)]);
    expect(both.map(({ tenantsByKey }) => tenantsByKey)).toEqual([{ next: 3 }, { next: 3 }]);
    expect(await rewrap(`${next},${old}`)).toEqual({ rewrapped: 0, tenantsByKey: { next: 3 } });
  });

  test('afterwards secrets open without the old key, and not without the new one', async () => {
    expect(await openAll(next)).toEqual(slugs());
    await expect(openAll(old)).rejects.toThrow(/"next" is missing/);
    await expect(assertMasterKeys(pool, parseKeyRing(next))).resolves.toBeUndefined();
  });

  test('S-127 the job learns of other tenants which key they use, and no key', async () => {
    const { rows, fields } = await pool.query('select * from tenants_not_wrapped_with($1, 10)', [
      'x',
    ]);
    expect(rows).toHaveLength(3);
    expect(fields.map(({ name }) => name)).toEqual(['tenant_id']);
    expect((await pool.query('select tenant_id from tenant_data_keys')).rows).toEqual([]);
  });
});
