import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { TenantTx } from '../../shared/db/tenant.ts';
import type { TestTenant } from '../support/factory.ts';
import { makeOwnFactory, type OwnFactory } from '../support/own-factory.ts';

let factory: OwnFactory;
let tenant: TestTenant;

beforeAll(async () => {
  factory = await makeOwnFactory();
  tenant = await factory.tenant();
});
afterAll(() => factory.close());

const rename = (name: string) => ({
  text: 'update tenants set name = $2 where id = $1::uuid',
  values: [tenant.id, name],
});
const failing = { text: 'select 1 / 0' };
const look = { text: 'select 1' };

async function nameOfTenant(): Promise<unknown> {
  const { rows } = await factory.database.admin.query('select name from tenants where id = $1', [
    tenant.id,
  ]);
  return rows[0]?.name;
}

const run = (work: (tx: TenantTx) => Promise<unknown>) => factory.withTenant(tenant.id, work);

describe('a statement that is sent ahead', () => {
  test('takes part in the transaction, in its order', async () => {
    await run(async (tx) => {
      tx.ahead(rename('First'));
      tx.ahead(rename('Second'));
      const { rows } = await tx.query({ text: 'select name from tenants' });
      expect(rows).toEqual([{ name: 'Second' }]);
    });
    expect(await nameOfTenant()).toBe('Second');
  });

  test('takes part in it as the last one, too', async () => {
    await run(async (tx) => tx.ahead(rename('Last')));
    expect(await nameOfTenant()).toBe('Last');
  });

  test('fails the next one with its own reason', async () => {
    const next = run(async (tx) => {
      tx.ahead(failing);
      await tx.query(rename('Lost'));
    });
    await expect(next).rejects.toThrow('division by zero');
    expect(await nameOfTenant()).not.toBe('Lost');
  });

  test('fails the commit with its own reason, and nothing is kept', async () => {
    const commit = run(async (tx) => {
      await tx.query(rename('Lost'));
      tx.ahead(failing);
    });
    await expect(commit).rejects.toThrow('division by zero');
    expect(await nameOfTenant()).not.toBe('Lost');
  });

  test('fails its transaction only: the connection is good for the next one', async () => {
    await expect(run(async (tx) => tx.ahead(failing))).rejects.toThrow('division by zero');
    await run((tx) => tx.query(look));
  });
});

describe('a transaction', () => {
  test('whose failed statement is passed over is no success: the server has undone it', async () => {
    const work = run(async (tx) => {
      await tx.query(rename('Lost'));
      await tx.query(failing).catch(() => undefined);
    });
    await expect(work).rejects.toThrow('has undone its transaction');
    expect(await nameOfTenant()).not.toBe('Lost');
  });
});
