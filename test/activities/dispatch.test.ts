import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeActionRegistry } from '../../activities/actions/registry.ts';
import type { Action } from '../../activities/actions/contract.ts';
import { createTicket } from '../../activities/actions/create-ticket.ts';
import { makeDispatchActivities, noGateway } from '../../activities/dispatch/activities.ts';
import { decideOnce } from '../../activities/dispatch/decide-once.ts';
import { makeWorkflowRegistry } from '../../activities/dispatch/workflow-registry.ts';
import type { DispatchOutcome } from '../../shared/domain/outcome.ts';
import { makeEvaluator, type Evaluator } from '../../shared/evaluator/evaluator.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import {
  directAction,
  makeFactory,
  ticketMapping,
  type Factory,
  type TestHook,
} from '../support/factory.ts';

let database: TestDatabase;
let factory: Factory;
let evaluator: Evaluator;

beforeAll(async () => {
  database = await createTestDatabase();
  factory = makeFactory(database.appUrl, `k:${Buffer.alloc(32, 1).toString('base64')}`);
  evaluator = makeEvaluator({ children: 1 });
});
afterAll(async () => {
  await evaluator.close();
  await factory.close();
  await database.drop();
});

function makeDispatch(extensions: readonly Action[] = []) {
  return makeDispatchActivities({
    withTenant: factory.withTenant,
    selfContained: factory.selfContained,
    evaluator,
    actions: makeActionRegistry(extensions),
    workflows: makeWorkflowRegistry([]),
    startHandler: () => Promise.reject(new Error('these hooks run actions')),
    ...noGateway,
  });
}

async function ticketsOf(hook: TestHook): Promise<number> {
  const { rows } = await database.admin.query<{ n: number }>(
    'select count(*)::integer as n from tickets where tenant_id = $1',
    [hook.tenant.id],
  );
  return rows[0]?.n ?? 0;
}

describe('a dispatch', () => {
  test('S-017 repeated and concurrent has one effect, and each caller gets the same outcome', async () => {
    const hook = await factory.hook(await factory.tenant());
    const deliveryId = await factory.delivery(hook, { title: 'Once' });
    const dispatch = makeDispatch();
    const input = { tenantId: hook.tenant.id, deliveryId };
    const outcomes = await Promise.all([
      dispatch.dispatchDelivery(input),
      dispatch.dispatchDelivery(input),
    ]);
    outcomes.push(await dispatch.dispatchDelivery(input));
    const [first] = outcomes;
    expect(first).toMatchObject({ status: 'dispatched', action: 'createTicket' });
    expect(outcomes).toEqual([first, first, first]);
    expect(await ticketsOf(hook)).toBe(1);
  });

  test('S-017 of a delivery that is decided already gets that decision, and what it did is undone', async () => {
    const hook = await factory.hook(await factory.tenant());
    const deliveryId = await factory.delivery(hook, { title: 'First' });
    const dispatch = makeDispatch();
    const input = { tenantId: hook.tenant.id, deliveryId };
    const first = await dispatch.dispatchDelivery(input);
    const delivery = { tenantId: hook.tenant.id, id: deliveryId };
    const refusal: DispatchOutcome = { status: 'failed', code: 'mapping_failed', message: 'Late.' };
    const late = await decideOnce(factory.withTenant, delivery, (tx) => {
      // Sent, as nothing has been heard of the lock yet.
      tx.ahead({ text: 'delete from tickets where tenant_id = $1', values: [hook.tenant.id] });
      return Promise.resolve(refusal);
    });
    expect(late).toEqual(first);
    expect(await ticketsOf(hook)).toBe(1);
  });

  test('that fails with a fault leaves the delivery pending, and a later try has the effect', async () => {
    const tenant = await factory.tenant();
    let isFaulty = true;
    const flaky: Action = {
      ...createTicket,
      name: 'flaky',
      async handle(context, fields) {
        const result = await createTicket.handle(context, fields);
        if (isFaulty) throw new Error('the connection broke after the write');
        return result;
      },
    };
    const hook = await factory.hook(tenant, {
      handler: directAction('flaky', ticketMapping(tenant.desk)),
    });
    const deliveryId = await factory.delivery(hook, { title: 'Flaky' });
    const dispatch = makeDispatch([flaky]);
    const input = { tenantId: tenant.id, deliveryId };
    await expect(dispatch.dispatchDelivery(input)).rejects.toThrow('the connection broke');
    expect(await ticketsOf(hook)).toBe(0);
    isFaulty = false;
    expect(await dispatch.dispatchDelivery(input)).toMatchObject({ status: 'dispatched' });
    expect(await ticketsOf(hook)).toBe(1);
  });

  test('S-024 with a reference of another tenant is refused, naming the field, and writes nothing', async () => {
    const tenant = await factory.tenant();
    const other = await factory.tenant();
    const mapping = {
      ...ticketMapping(tenant.desk),
      client_id: JSON.stringify(other.desk.clientId),
    };
    const hook = await factory.hook(tenant, { handler: directAction('createTicket', mapping) });
    const deliveryId = await factory.delivery(hook, { title: 'Foreign' });
    const outcome = await makeDispatch().dispatchDelivery({ tenantId: tenant.id, deliveryId });
    expect(outcome).toMatchObject({ code: 'VALIDATION_ERROR', field: 'client_id' });
    expect(await ticketsOf(hook)).toBe(0);
  });

  test('for an action that is not registered fails with handler_unknown', async () => {
    const hook = await factory.hook(await factory.tenant(), {
      handler: directAction('noSuchAction', {}),
    });
    const deliveryId = await factory.delivery(hook, {});
    const outcome = await makeDispatch().dispatchDelivery({ tenantId: hook.tenant.id, deliveryId });
    expect(outcome).toMatchObject({ status: 'failed', code: 'handler_unknown' });
  });
});
