import { randomUUID } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import type { QueryResultRow } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { makeActionRegistry } from '../../activities/actions/registry.ts';
import {
  makeDispatchActivities,
  noGateway,
  type DispatchDeps,
} from '../../activities/dispatch/activities.ts';
import type { DispatchInput } from '../../activities/dispatch/contract.ts';
import type { StartHandler } from '../../activities/dispatch/handler-workflow.ts';
import { makeWorkflowRegistry } from '../../activities/dispatch/workflow-registry.ts';
import { freePort } from '../../apps/dev/ports.ts';
import { makeHandlerStarter } from '../../apps/worker/handler-starter.ts';
import { publishWorkflow, unpublishWorkflow } from '../../shared/db/queries/published-workflows.ts';
import type { Statement } from '../../shared/db/tenant.ts';
import type { DispatchOutcome } from '../../shared/domain/outcome.ts';
import { makeEvaluator, type Evaluator } from '../../shared/evaluator/evaluator.ts';
import type { HookHandler } from '../../shared/schemas/hook.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import {
  directAction,
  makeFactory,
  ticketMapping,
  workflowHandler,
  type Factory,
  type TestHook,
} from '../support/factory.ts';
import { connectClient, type TestClient } from '../support/temporal.ts';

let database: TestDatabase;
let factory: Factory;
let evaluator: Evaluator;
let temporal: TestClient;
let hook: TestHook;

/** No worker serves it: the runs stay as they were started, and are ended with the file. */
const taskQueue = `test-${randomUUID()}`;

beforeAll(async () => {
  database = await createTestDatabase();
  factory = makeFactory(database.appUrl, `k:${Buffer.alloc(32, 1).toString('base64')}`);
  evaluator = makeEvaluator({ children: 1 });
  temporal = await connectClient();
  const tenant = await factory.tenant();
  hook = await factory.hook(tenant, { handler: workflowHandler('approval') });
  await factory.withTenant(tenant.id, (tx) => publishWorkflow(tx, 'approval', null));
});
afterAll(async () => {
  for (const { workflowId } of await tiedRuns()) {
    await temporal.client.workflow
      .getHandle(workflowId)
      .terminate()
      .catch(() => undefined);
  }
  await temporal.close();
  await evaluator.close();
  await factory.close();
  await database.drop();
});

async function tiedRuns(): Promise<{ workflowId: string; runId: string | null }[]> {
  const { rows } = await database.admin.query<{ workflowId: string; runId: string | null }>(
    `select handler_workflow_id as "workflowId", handler_run_id as "runId"
     from inbound_deliveries where handler_workflow_id is not null order by id`,
  );
  return rows;
}

const start: StartHandler = (request) => makeHandlerStarter(temporal.client, taskQueue)(request);

function makeDispatch(startHandler: StartHandler, options: Partial<DispatchDeps> = {}) {
  return makeDispatchActivities({
    withTenant: factory.withTenant,
    selfContained: factory.selfContained,
    evaluator,
    actions: makeActionRegistry(),
    workflows: registryOf(1),
    startHandler,
    ...noGateway,
    ...options,
  });
}

const registryOf = (version: number) =>
  makeWorkflowRegistry([{ id: 'approval', version, title: 'Approval', input: z.unknown() }]);

async function acceptedInput() {
  return { tenantId: hook.tenant.id, deliveryId: await factory.delivery(hook, {}) };
}

/** A delivery of a new tenant, with the two handlers that its hook is switched between. */
async function switchingHook() {
  const tenant = await factory.tenant();
  const { id } = await factory.hook(tenant);
  await factory.withTenant(tenant.id, (tx) => publishWorkflow(tx, 'approval', null));
  const hookOfTenant = { ...hook, id, tenant };
  const own = {
    async setHandler({ handlerType, handlerConfig }: HookHandler): Promise<void> {
      await database.admin.query(
        'update hooks set handler_type = $2, handler_config = $3 where id = $1',
        [id, handlerType, handlerConfig],
      );
    },
    async tickets(): Promise<number> {
      const { rows } = await database.admin.query('select id from tickets where tenant_id = $1', [
        tenant.id,
      ]);
      return rows.length;
    },
  };
  const deliveryId = await factory.delivery(hookOfTenant, { title: 'Once' });
  return {
    own,
    action: directAction('createTicket', ticketMapping(tenant.desk)),
    workflow: workflowHandler('approval'),
    input: { tenantId: tenant.id, deliveryId },
  };
}

/** A dispatch that hangs, once it has read its delivery, until another one is done. */
function dispatchOvertaken(
  input: DispatchInput,
  other: () => Promise<unknown>,
  options: Partial<DispatchDeps> = {},
): Promise<DispatchOutcome> {
  const hung = makeDispatch(start, {
    ...options,
    selfContained(tenantId) {
      const inner = factory.selfContained(tenantId);
      return {
        tenantId,
        async query<Row extends QueryResultRow>(statement: Statement) {
          const result = await inner.query<Row>(statement);
          await other();
          return result;
        },
      };
    },
  });
  return hung.dispatchDelivery(input);
}

async function statusOf(deliveryId: string): Promise<unknown> {
  const { rows } = await database.admin.query<{ dispatch_status: string }>(
    'select dispatch_status from inbound_deliveries where id = $1',
    [deliveryId],
  );
  return rows[0]?.dispatch_status;
}

describe('a dispatch to a workflow', () => {
  test('S-036 repeated and concurrent starts one run, and each caller gets its id', async () => {
    const input = await acceptedInput();
    let asked = 0;
    const dispatch = makeDispatch((request) => {
      asked += 1;
      return start(request);
    });
    const outcomes = await Promise.all([
      dispatch.dispatchDelivery(input),
      dispatch.dispatchDelivery(input),
    ]);
    outcomes.push(await dispatch.dispatchDelivery(input));
    const workflowId = `wf/approval/${input.deliveryId}`;
    const { runId } = await temporal.client.workflow.getHandle(workflowId).describe();
    expect(outcomes[0]).toMatchObject({ workflowId, workflowRunId: runId });
    expect(outcomes).toEqual([outcomes[0], outcomes[0], outcomes[0]]);
    // A repetition of what is recorded does not bother the engine.
    expect(asked).toBeLessThanOrEqual(2);
  });

  test('S-036 cut off between start and record is repeated as the same run, whatever changed since', async () => {
    const input = await acceptedInput();
    const cutOff = makeDispatch(async (request) => {
      await start(request);
      throw new Error('the process ended here');
    });
    await expect(cutOff.dispatchDelivery(input)).rejects.toThrow('the process ended here');
    expect(await statusOf(input.deliveryId)).toBe('pending');

    const { tenant } = hook;
    await factory.withTenant(tenant.id, (tx) => unpublishWorkflow(tx, 'approval'));
    const outcome = await makeDispatch(start, { workflows: registryOf(2) }).dispatchDelivery(input);
    await factory.withTenant(tenant.id, (tx) => publishWorkflow(tx, 'approval', null));

    const workflowId = `wf/approval/${input.deliveryId}`;
    const { runId } = await temporal.client.workflow.getHandle(workflowId).describe();
    expect(outcome).toMatchObject({ workflowId, workflowRunId: runId, workflowVersion: 1 });
    expect(await tiedRuns()).toContainEqual({ workflowId, runId });
  });

  test('S-036 that is refused does not undo the run that another one tied meanwhile', async () => {
    const input = await acceptedInput();
    const cutOff = makeDispatch(async (request) => {
      await start(request);
      throw new Error('the process ended here');
    });
    const refused = await dispatchOvertaken(
      input,
      () => cutOff.dispatchDelivery(input).catch(() => undefined),
      { workflows: makeWorkflowRegistry([]) },
    );
    expect(refused).toMatchObject({
      status: 'dispatched',
      workflowId: `wf/approval/${input.deliveryId}`,
    });
  });

  test('S-017 that overtakes a hung one of an action is the only effect, the action has none', async () => {
    const { own, action, workflow, input } = await switchingHook();
    await own.setHandler(action);
    const outcome = await dispatchOvertaken(input, async () => {
      await own.setHandler(workflow);
      const cutOff = makeDispatch(async (request) => {
        await start(request);
        throw new Error('the process ended here');
      });
      await cutOff.dispatchDelivery(input).catch(() => undefined);
    });
    expect(outcome).toMatchObject({ workflowId: `wf/approval/${input.deliveryId}` });
    expect(await own.tickets()).toBe(0);
  });

  test('S-017 that is overtaken by an action starts no run, and returns what the action did', async () => {
    const { own, action, workflow, input } = await switchingHook();
    await own.setHandler(workflow);
    const outcome = await dispatchOvertaken(input, async () => {
      await own.setHandler(action);
      await makeDispatch(start).dispatchDelivery(input);
    });
    expect(outcome).toMatchObject({ status: 'dispatched', action: 'createTicket' });
    expect(await own.tickets()).toBe(1);
    const tied = (await tiedRuns()).map(({ workflowId }) => workflowId);
    expect(tied).not.toContain(`wf/approval/${input.deliveryId}`);
  });

  test('S-036 finds a run that has closed already, with its id', async () => {
    const input = await acceptedInput();
    let startedRunId: string | undefined;
    const cutOff = makeDispatch(async (request) => {
      const started = await start(request);
      if (started.ok) startedRunId = started.runId;
      await temporal.client.workflow.getHandle(request.run.workflowId).terminate();
      throw new Error('the process ended here');
    });
    await expect(cutOff.dispatchDelivery(input)).rejects.toThrow('the process ended here');
    expect(await makeDispatch(start).dispatchDelivery(input)).toMatchObject({
      workflowRunId: startedRunId,
    });
  });

  test('S-037 while Temporal is away is a fault to try again, and the delivery stays pending', async () => {
    const input = await acceptedInput();
    const connection = Connection.lazy({ address: `127.0.0.1:${await freePort()}` });
    const away = makeHandlerStarter(new Client({ connection }), taskQueue);
    await expect(makeDispatch(away).dispatchDelivery(input)).rejects.toThrow(
      'Failed to start Workflow',
    );
    await connection.close();
    expect(await statusOf(input.deliveryId)).toBe('pending');
    expect(await makeDispatch(start).dispatchDelivery(input)).toMatchObject({
      status: 'dispatched',
    });
  });

  test('S-037 that the engine refuses for good fails the delivery with start_refused', async () => {
    const input = await acceptedInput();
    const refused = makeHandlerStarter(temporal.client, 'q'.repeat(2_000));
    expect(await makeDispatch(refused).dispatchDelivery(input)).toMatchObject({
      status: 'failed',
      code: 'start_refused',
      message: expect.stringMatching(/TaskQueue/i),
    });
    expect(await statusOf(input.deliveryId)).toBe('failed');
  });

  test('of a hook that is deleted after the run was tied to the delivery goes on', async () => {
    const own = await factory.hook(hook.tenant, { handler: workflowHandler('approval') });
    const input = { tenantId: own.tenant.id, deliveryId: await factory.delivery(own, {}) };
    const cutOff = makeDispatch(() => Promise.reject(new Error('before the start')));
    await expect(cutOff.dispatchDelivery(input)).rejects.toThrow('before the start');
    await database.admin.query('delete from hooks where id = $1', [own.id]);
    const sources: string[] = [];
    const dispatch = makeDispatch((request) => {
      sources.push(request.envelope.source);
      return start(request);
    });
    expect(await dispatch.dispatchDelivery(input)).toMatchObject({ status: 'dispatched' });
    expect(sources).toEqual([own.slug]);
  });
});
