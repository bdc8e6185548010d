import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Action } from '../../activities/actions/contract.ts';
import { createTicket } from '../../activities/actions/create-ticket.ts';
import { makeActionRegistry } from '../../activities/actions/registry.ts';
import { makeHandlerActivities } from '../../activities/handler/activities.ts';
import { makePool, type Pool } from '../../shared/db/pool.ts';
import { claimHandlerRun, resolveHandlerRun } from '../../shared/db/queries/handler-runs.ts';
import { handlerRun } from '../../shared/domain/handler-workflow.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { makeFactory, type Factory, type TestHook } from '../support/factory.ts';

let database: TestDatabase;
let factory: Factory;
let pool: Pool;
let hook: TestHook;
let workflowId: string;

beforeAll(async () => {
  database = await createTestDatabase();
  factory = makeFactory(database.appUrl, `k:${Buffer.alloc(32, 1).toString('base64')}`);
  pool = makePool({
    connectionString: database.appUrl,
    connectionsMax: 2,
    applicationName: 'test',
    acquireTimeoutMs: 5_000,
    statementTimeoutMs: 10_000,
    onError: () => undefined,
  });
});
afterAll(async () => {
  await pool.end();
  await factory.close();
  await database.drop();
});
beforeEach(async () => {
  hook = await factory.hook(await factory.tenant());
  workflowId = await runOf(hook);
});

/** A delivery of the hook that owns a run; gives the run's Temporal id. */
async function runOf(own: TestHook): Promise<string> {
  const deliveryId = await factory.delivery(own, { from: 'the sender' });
  const run = handlerRun('approval', 1, deliveryId);
  await factory.withTenant(own.tenant.id, (tx) => claimHandlerRun(tx, deliveryId, run));
  return run.workflowId;
}

function activities(callingWorkflowId = workflowId, extensions: readonly Action[] = []) {
  return makeHandlerActivities({
    withTenant: factory.withTenant,
    actions: makeActionRegistry(extensions),
    callingWorkflowId: () => callingWorkflowId,
    resolveRun: (id) => resolveHandlerRun(pool, id),
  });
}

const ticket = (title: string, step = 'open') => ({
  step,
  action: 'createTicket',
  fields: {
    title,
    client_id: hook.tenant.desk.clientId,
    board_id: hook.tenant.desk.boardId,
    priority_id: hook.tenant.desk.priorityId,
  },
});

async function tickets(): Promise<{ title: string; attributes: Record<string, unknown> }[]> {
  const { rows } = await database.admin.query<{
    title: string;
    attributes: Record<string, unknown>;
  }>('select title, attributes from tickets where tenant_id = $1 order by number', [
    hook.tenant.id,
  ]);
  return rows;
}

async function waitingForLocks(): Promise<number> {
  const { rows } = await database.admin.query<{ n: number }>(
    `select count(*)::integer as n from pg_stat_activity
     where datname = current_database() and wait_event_type = 'Lock'`,
  );
  return rows[0]?.n ?? 0;
}

describe('an action that a workflow runs', () => {
  test('S-017 repeated and concurrent has one effect for its step, and each call the same outcome', async () => {
    const { runAction } = activities();
    const outcomes = await Promise.all([runAction(ticket('Once')), runAction(ticket('Once'))]);
    outcomes.push(await runAction(ticket('Once')));
    expect(outcomes[0]).toMatchObject({ status: 'dispatched', action: 'createTicket' });
    expect(outcomes).toEqual([outcomes[0], outcomes[0], outcomes[0]]);
    expect(await tickets()).toHaveLength(1);
  });

  test('S-017 asked for again while it is under way waits, and then finds its effect', async () => {
    const gate = Promise.withResolvers<void>();
    let entered = 0;
    const slow: Action = {
      ...createTicket,
      name: 'slow',
      async handle(context, fields) {
        entered += 1;
        await gate.promise;
        return createTicket.handle(context, fields);
      },
    };
    const { runAction } = activities(workflowId, [slow]);
    const input = { ...ticket('Slow'), action: 'slow' };
    const first = runAction(input);
    await eventually(() => expect(entered).toBe(1));
    const second = runAction(input);
    await eventually(async () => expect(entered + (await waitingForLocks())).toBe(2));
    gate.resolve();
    expect(await second).toEqual(await first);
    expect(entered).toBe(1);
  });

  test('has an effect for each step, and knows the hook and the delivery it acts for', async () => {
    const { runAction } = activities();
    await runAction(ticket('First', 'one'));
    await runAction(ticket('Second', 'two'));
    expect(await tickets()).toMatchObject([
      { title: 'First', attributes: { webhook_slug: hook.slug } },
      { title: 'Second', attributes: { delivery_id: workflowId.split('/')[2] } },
    ]);
  });

  test('under the name of a step that had another effect is refused with step_reused', async () => {
    const { runAction } = activities();
    await runAction(ticket('First'));
    expect(await runAction(ticket('Second'))).toMatchObject({ code: 'step_reused' });
    expect(await tickets()).toHaveLength(1);
  });

  test('that is refused writes nothing and may be tried again under its step', async () => {
    const { runAction } = activities();
    const wrong = ticket('Refused');
    const unknownClient = { ...wrong.fields, client_id: hook.tenant.id };
    expect(await runAction({ ...wrong, fields: unknownClient })).toMatchObject({
      status: 'failed',
      code: 'VALIDATION_ERROR',
      field: 'client_id',
    });
    expect(await tickets()).toEqual([]);
    expect(await runAction(wrong)).toMatchObject({ status: 'dispatched' });
  });

  test('that meets a fault after its write leaves no trace, and the next try has the effect', async () => {
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
    const { runAction } = activities(workflowId, [flaky]);
    const input = { ...ticket('Flaky'), action: 'flaky' };
    await expect(runAction(input)).rejects.toThrow('the connection broke');
    expect(await tickets()).toEqual([]);
    isFaulty = false;
    expect(await runAction(input)).toMatchObject({ status: 'dispatched' });
    expect(await tickets()).toHaveLength(1);
  });

  test.for([
    ['a field that the action does not have', { colour: 'red' }, 'colour'],
    ['a value of another type', { title: { no: 'text' } }, 'title'],
    ['a required field without a value', { title: '' }, 'title'],
  ] as const)('S-023 is refused for %s', async ([, fields, field]) => {
    const input = ticket('Typed');
    const outcome = await activities().runAction({
      ...input,
      fields: { ...input.fields, ...fields },
    });
    expect(outcome).toMatchObject({ code: 'VALIDATION_ERROR', field });
  });

  test('that is not registered is refused with handler_unknown', async () => {
    const outcome = await activities().runAction({ ...ticket('x'), action: 'noSuchAction' });
    expect(outcome).toMatchObject({ code: 'handler_unknown' });
  });

  test('acts for the tenant of the calling run, whatever ids its fields carry', async () => {
    const other = await factory.hook(await factory.tenant());
    const othersRun = await runOf(other);
    const outcome = await activities(othersRun).runAction(ticket('Across'));
    expect(outcome).toMatchObject({ code: 'VALIDATION_ERROR', field: 'board_id' });
    expect(await tickets()).toEqual([]);
  });

  test('of a run that no delivery owns is refused with run_unknown', async () => {
    const made = activities('wf/approval/018f0000-0000-7000-8000-000000000000');
    expect(await made.runAction(ticket('Nobody'))).toMatchObject({ code: 'run_unknown' });
  });

  test('S-136 of a run that outlives its hook goes on under the slug the request came in with', async () => {
    await database.admin.query('delete from hooks where id = $1', [hook.id]);
    await activities().runAction(ticket('After the hook'));
    expect(await tickets()).toMatchObject([{ attributes: { webhook_slug: hook.slug } }]);
  });
});
