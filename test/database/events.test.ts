import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { publishEvent } from '../../shared/outbound/publish-event.ts';
import type { TestTenant } from '../support/factory.ts';
import { makeOwnFactory, type OwnFactory } from '../support/own-factory.ts';

let factory: OwnFactory;
let tenant: TestTenant;

beforeAll(async () => {
  factory = await makeOwnFactory();
  tenant = await factory.tenant();
});
afterAll(() => factory.close());

const record = () =>
  factory.withTenant(tenant.id, (tx) =>
    publishEvent(tx, {
      type: 'client.created',
      objectType: 'client',
      objectId: tenant.desk.clientId,
      deliveryId: null,
      data: { isInactive: false },
    }),
  );

const count = async () => {
  const { rows } = await factory.database.admin.query(
    'select type from events where tenant_id = $1',
    [tenant.id],
  );
  return rows.length;
};

describe('an event', () => {
  test('is stored with its time and schema version 1', async () => {
    await record();
    const { rows } = await factory.database.admin.query(
      'select * from events where tenant_id = $1',
      [tenant.id],
    );
    expect(rows.at(-1)).toMatchObject({
      type: 'client.created',
      data: { isInactive: false },
      delivery_id: null,
      occurred_at: expect.any(Date),
      schema_version: '1',
    });
  });

  test('S-098 is gone when the transaction of its change is rolled back', async () => {
    const before = await count();
    const fault = factory.withTenant(tenant.id, async (tx) => {
      await publishEvent(tx, {
        type: 'client.created',
        objectType: 'client',
        objectId: uuidv7(),
        deliveryId: null,
        data: {},
      });
      throw new Error('on purpose');
    });
    await expect(fault).rejects.toThrow('on purpose');
    expect(await count()).toBe(before);
  });

  test.for([
    ['update events set data = $1'],
    ['delete from events where data::text <> $1'],
  ] as const)('cannot be changed or deleted by the application: %s', async ([text]) => {
    await record();
    const change = factory.withTenant(tenant.id, (tx) => tx.query({ text, values: ['{}'] }));
    await expect(change).rejects.toThrow(/permission denied/);
  });
});
