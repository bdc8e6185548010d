import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import {
  makeHookDirectory,
  type HookDirectory,
} from '../../apps/gateway/receiver/hook-directory.ts';
import { parseKeyRing } from '../../shared/crypto/key-ring.ts';
import { makeTenantVault } from '../../shared/crypto/tenant-vault.ts';
import { eventually } from '../support/eventually.ts';
import type { TestHook } from '../support/factory.ts';
import { makeOwnFactory, type OwnFactory } from '../support/own-factory.ts';

let factory: OwnFactory;
let hook: TestHook;
let directory: HookDirectory;
/** How often the database was asked. */
let reads: number;
/** What the answers of the database wait for. */
let held: Promise<void>;

beforeAll(async () => {
  factory = await makeOwnFactory();
});
afterAll(() => factory.close());
beforeEach(async () => {
  hook = await factory.hook(await factory.tenant());
  reads = 0;
  held = Promise.resolve();
  directory = makeHookDirectory({
    vault: makeTenantVault(parseKeyRing(factory.masterKeys)),
    async withTenant(tenantId, work) {
      const result = await factory.withTenant(tenantId, work);
      reads += 1;
      await held;
      return result;
    },
  });
});

const recall = () => directory.recall(hook.tenant.id, hook.slug);
const rename = (name: string) =>
  factory.database.admin.query('update hooks set name = $2 where id = $1', [hook.id, name]);

test('S-001 a burst of requests to a hook reads it once', async () => {
  const all = await Promise.all(Array.from({ length: 200 }, recall));
  expect(reads).toBe(1);
  const [first, ...others] = all;
  expect(first).toMatchObject({ isCurrent: true, found: { hook: { id: hook.id } } });
  for (const other of others) expect(other).toEqual({ found: first?.found, isCurrent: false });
  expect(await recall()).toEqual({ found: first?.found, isCurrent: false });
  expect(reads).toBe(1);
});

test('S-001 what is loaded is read after it was asked for, whatever is being read already', async () => {
  const answer = Promise.withResolvers<void>();
  held = answer.promise;
  const reading = recall();
  await eventually(() => expect(reads).toBe(1));
  await rename('Another');
  const loading = directory.load(hook.tenant.id, hook.slug);
  answer.resolve();
  const { found } = await reading;
  expect((await loading)?.hook.version).not.toBe(found?.hook.version);
});

test('S-001 a burst meets a hook that is capturing by reading it for each request', async () => {
  await factory.database.admin.query(
    `update hooks set sample_capture_expires_at = now() + interval '1 minute' where id = $1`,
    [hook.id],
  );
  const all = await Promise.all(Array.from({ length: 3 }, recall));
  expect(all.map(({ found, isCurrent }) => [found !== undefined, isCurrent])).toEqual([
    [true, true],
    [false, false],
    [false, false],
  ]);
});
