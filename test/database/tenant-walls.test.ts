import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { assertTenantWalls } from '../../shared/db/boot-check.ts';
import { migrate } from '../../shared/db/migrate.ts';
import { makePool, type Pool } from '../../shared/db/pool.ts';
import { makeWithTenant } from '../../shared/db/tenant.ts';
import { parseTenantId } from '../../shared/domain/ids.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { makeFactory, type Factory, type TestTenant } from '../support/factory.ts';

let database: TestDatabase;
let factory: Factory;
let pool: Pool;
let mine: TestTenant;
let other: TestTenant;

const poolFor = (connectionString: string): Pool =>
  makePool({
    connectionString,
    connectionsMax: 2,
    applicationName: 'test',
    acquireTimeoutMs: 5_000,
    statementTimeoutMs: 5_000,
    onError: () => undefined,
  });

beforeAll(async () => {
  database = await createTestDatabase();
  pool = poolFor(database.appUrl);
  factory = makeFactory(database.appUrl, `k:${Buffer.alloc(32, 1).toString('base64')}`);
  mine = await factory.tenant();
  other = await factory.tenant();
});
afterAll(async () => {
  await factory.close();
  await pool.end();
  await database.drop();
});

describe('a query without a tenant filter', () => {
  test('S-127 sees the rows of its own tenant only', async () => {
    const rows = await factory.withTenant(mine.id, async (tx) => {
      const result = await tx.query<{ tenant_id: string }>({
        text: 'select tenant_id from clients',
      });
      return result.rows;
    });
    expect(rows).toEqual([{ tenant_id: mine.id }]);
  });

  test('S-127 changes and deletes nothing of another tenant', async () => {
    const touched = await factory.withTenant(mine.id, async (tx) => {
      const values = [other.id];
      const updated = await tx.query({
        text: `update clients set name = 'x' where tenant_id = $1::uuid`,
        values,
      });
      const deleted = await tx.query({ text: 'delete from tenants where id = $1::uuid', values });
      return updated.rowCount + deleted.rowCount;
    });
    expect(touched).toBe(0);
  });

  test('S-127 cannot write a row for another tenant', async () => {
    const write = factory.withTenant(mine.id, (tx) =>
      tx.query({
        text: `insert into clients (tenant_id, id, name) values ($1::uuid, $2::uuid, 'x')`,
        values: [other.id, randomUUID()],
      }),
    );
    await expect(write).rejects.toThrow(/row-level security/);
  });

  test('S-127 outside a tenant transaction sees nothing, also after one on the same connection', async () => {
    const single = poolFor(database.appUrl);
    const withTenant = makeWithTenant(single);
    await withTenant(mine.id, (tx) => tx.query({ text: 'select 1' }));
    const { rows } = await single.query('select * from clients');
    expect(rows).toEqual([]);
    await single.end();
  });

  test('S-117 cannot refer to a row of another tenant', async () => {
    const statement = factory.withTenant(mine.id, (tx) =>
      tx.query({
        text: `insert into ticket_statuses (tenant_id, id, board_id, name, position)
          values ($1::uuid, $2::uuid, $3::uuid, 'x', 9)`,
        values: [mine.id, randomUUID(), other.desk.boardId],
      }),
    );
    await expect(statement).rejects.toThrow(/foreign key/);
  });
});

describe('the boot check', () => {
  test('S-127 lets the application role start on a migrated database', async () => {
    await expect(assertTenantWalls(pool)).resolves.toBeUndefined();
  });

  test.for([
    ['a superuser', () => database.admin.options.connectionString ?? '', /is a superuser/],
    ['the owner of the tables', () => database.migratorUrl, /owns tables/],
  ] as const)('S-127 refuses %s', async ([, url, fault]) => {
    const privileged = poolFor(url());
    await expect(assertTenantWalls(privileged)).rejects.toThrow(fault);
    await privileged.end();
  });

  test('S-127 refuses to start beside a tenant table without its wall', async () => {
    await database.admin.query('create table unwalled (tenant_id uuid)');
    await expect(assertTenantWalls(pool)).rejects.toThrow(/unwalled lacks/);
    await database.admin.query('drop table unwalled');
  });
});

describe('migrations', () => {
  test('run once: a second run finds nothing to do', async () => {
    expect(await migrate(database.migratorUrl)).toEqual([]);
  });
});

describe('withTenant', () => {
  test('rolls back when the work throws, and the connection serves the next tenant', async () => {
    const id = randomUUID();
    const fault = factory.withTenant(mine.id, async (tx) => {
      await tx.query({
        text: `insert into clients (tenant_id, id, name) values ($1::uuid, $2::uuid, 'gone')`,
        values: [mine.id, id],
      });
      throw new Error('on purpose');
    });
    await expect(fault).rejects.toThrow('on purpose');
    const left = await factory.withTenant(mine.id, (tx) =>
      tx.query({ text: 'select from clients where id = $1::uuid', values: [id] }),
    );
    expect(left.rowCount).toBe(0);
    expect(() => parseTenantId(`${mine.id}'; drop table clients; --`)).toThrow(TypeError);
  });
});
