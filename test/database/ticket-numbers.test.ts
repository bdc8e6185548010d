import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { insertTicket } from '../../shared/db/queries/tickets.ts';
import type { TenantTx } from '../../shared/db/tenant.ts';
import type { TestTenant } from '../support/factory.ts';
import { makeOwnFactory, type OwnFactory } from '../support/own-factory.ts';

let factory: OwnFactory;

beforeAll(async () => {
  factory = await makeOwnFactory();
});
afterAll(() => factory.close());

async function numberOf(tx: TenantTx, { desk }: TestTenant): Promise<number> {
  const { clientId, boardId, priorityId } = desk;
  const statusId = desk.statusIds.open;
  const ticket = { title: 'One', clientId, boardId, priorityId, statusId, attributes: {} };
  const made = await insertTicket(tx, randomUUID(), ticket);
  if (made === undefined) throw new Error('the status is given');
  return made.number;
}
const makeTicket = (tenant: TestTenant): Promise<number> =>
  factory.withTenant(tenant.id, (tx) => numberOf(tx, tenant));

/** How a version before sequences numbered a ticket. */
const countRow = (tenant: TestTenant): Promise<number> =>
  factory.withTenant(tenant.id, async (tx) => {
    const { rows } = await tx.query<{ value: string }>({
      text: `
        insert into tenant_counters as c (tenant_id, name, value)
        values ($1::uuid, 'ticket_number', 1)
        on conflict (tenant_id, name) do update set value = c.value + 1
        returning c.value`,
      values: [tenant.id],
    });
    return Number(rows[0]?.value);
  });

/** Where the row that counted stood when sequences took over. */
async function leaveCountAt(tenant: TestTenant, value: number): Promise<void> {
  const admin = factory.database.admin;
  await admin.query('alter table tenant_counters disable trigger draw_number');
  await admin.query(`insert into tenant_counters values ($1, 'ticket_number', $2)`, [
    tenant.id,
    value,
  ]);
  await admin.query('alter table tenant_counters enable trigger draw_number');
}

describe('the numbers of tickets', () => {
  test('S-024 are drawn without waiting for a ticket that is not committed yet', async () => {
    const tenant = await factory.tenant();
    await makeTicket(tenant);
    const numbers = await factory.withTenant(tenant.id, async (tx) => {
      const uncommitted = await numberOf(tx, tenant);
      // Would wait until the statement's time limit if it needed anything that this transaction holds.
      return [uncommitted, await makeTicket(tenant)];
    });
    expect(numbers).toEqual([2, 3]);
  });

  test('S-024 do not clash when the first tickets of a tenant are made at once', async () => {
    const tenant = await factory.tenant();
    const numbers = await Promise.all(Array.from({ length: 8 }, () => makeTicket(tenant)));
    expect(numbers.toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  test('S-024 start with a ticket that is kept, when the first one is undone', async () => {
    const tenant = await factory.tenant();
    const undone = factory.withTenant(tenant.id, async (tx) => {
      await numberOf(tx, tenant);
      throw new Error('undone');
    });
    await expect(undone).rejects.toThrow('undone');
    expect(await makeTicket(tenant)).toBe(1);
  });

  test('S-024 go on where the row ended that counted them before', async () => {
    const tenant = await factory.tenant();
    await leaveCountAt(tenant, 41);
    expect(await makeTicket(tenant)).toBe(42);
  });

  test('S-024 are the same ones for a gateway of the version before', async () => {
    const tenant = await factory.tenant();
    await leaveCountAt(tenant, 41);
    const older = [await countRow(tenant), await countRow(tenant)];
    const numbers = [...older, await makeTicket(tenant), await countRow(tenant)];
    expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
    expect(new Set(numbers).size).toBe(4);
    expect(Math.min(...numbers)).toBeGreaterThan(41);
  });

  test('S-127 cannot be drawn for another tenant', async () => {
    const [mine, other] = [await factory.tenant(), await factory.tenant()];
    const draw = factory.withTenant(mine.id, (tx) =>
      tx.query({ text: 'select next_ticket_number($1::uuid)', values: [other.id] }),
    );
    await expect(draw).rejects.toThrow('its own numbers only');
    const directly = factory.withTenant(mine.id, (tx) =>
      tx.query({ text: `select nextval('ticket_numbers."${other.id}"')` }),
    );
    await expect(directly).rejects.toThrow('permission denied');
  });
});
