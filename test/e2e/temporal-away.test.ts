import { afterAll, beforeAll, expect, test } from 'vitest';
import { freePort } from '../../apps/dev/ports.ts';
import { eventually } from '../support/eventually.ts';
import { send } from '../support/factory.ts';
import { startTestStack, type TestStack } from '../support/stack.ts';

let stack: TestStack;

// A gateway that never reaches Temporal; its deliveries count as not started almost at once.
beforeAll(async () => {
  stack = await startTestStack({
    temporalAddress: `127.0.0.1:${await freePort()}`,
    env: { TIDEGATE_START_GRACE_MS: '100' },
  });
});
afterAll(() => stack.stop());

test('S-005 while Temporal is away a request is acknowledged and kept, and is dispatched once when it is back', async () => {
  const hook = await stack.factory.hook(await stack.factory.tenant());
  const answer = await send(stack.gateway.url, hook, { title: 'Kept' });
  expect(answer.status).toBe(200);
  expect(answer.body).toEqual({ delivery_id: expect.stringMatching(/^ind_/) });

  const statusOf = async () => {
    const { rows } = await stack.database.admin.query<{ dispatch_status: string }>(
      'select dispatch_status from inbound_deliveries where hook_id = $1',
      [hook.id],
    );
    return rows.map((row) => row.dispatch_status);
  };
  expect(await statusOf()).toEqual(['pending']);

  await stack.startGateway({ env: { TIDEGATE_START_GRACE_MS: '100' } });
  await eventually(async () => expect(await statusOf()).toEqual(['dispatched']), 20_000);
  const { rows } = await stack.database.admin.query('select from tickets');
  expect(rows).toHaveLength(1);
});
