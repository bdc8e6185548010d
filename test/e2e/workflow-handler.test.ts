import { fileURLToPath } from 'node:url';
import { WorkflowFailedError } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { publishWorkflow, unpublishWorkflow } from '../../shared/db/queries/published-workflows.ts';
import { fromWireId } from '../../shared/domain/ids.ts';
import { workflowEnvelopeSchema } from '../../shared/schemas/catalogue-api.ts';
import { eventually } from '../support/eventually.ts';
import { send, type TestHook, type TestTenant, workflowHandler } from '../support/factory.ts';
import { startTestStack, type TestStack } from '../support/stack.ts';
import { connectClient, type TestClient } from '../support/temporal.ts';

const extensions = fileURLToPath(new URL('../fixtures/extensions', import.meta.url));

let stack: TestStack;
let temporal: TestClient;
let tenant: TestTenant;

beforeAll(async () => {
  stack = await startTestStack({
    env: { TIDEGATE_EXTENSIONS: extensions, TIDEGATE_BODY_LIMIT_BYTES: '3000000' },
  });
  temporal = await connectClient();
  tenant = await stack.factory.tenant();
  await publish('echo', 'fail-later');
});
afterAll(async () => {
  await temporal.close();
  await stack.stop();
});

async function publish(...workflowIds: string[]): Promise<void> {
  await stack.factory.withTenant(tenant.id, async (tx) => {
    for (const workflowId of workflowIds) await publishWorkflow(tx, workflowId, null);
  });
}

const workflowHook = (workflowId: string, of = tenant): Promise<TestHook> =>
  stack.factory.hook(of, { handler: workflowHandler(workflowId) });

const post = (hook: TestHook, body: unknown, headers: Record<string, string> = {}) =>
  send(stack.gateway.url, hook, body, { headers });

/** The one delivery of a hook, as it is stored. */
async function deliveryOf(hook: TestHook): Promise<Record<string, unknown>> {
  const { rows } = await stack.database.admin.query<Record<string, unknown>>(
    'select * from inbound_deliveries where hook_id = $1',
    [hook.id],
  );
  expect(rows).toHaveLength(1);
  return rows[0] ?? {};
}

const order = { order: { id: 'o-1' } };

describe('a hook that runs a workflow', () => {
  test('S-035 S-134 starts one run, and its input is the documented envelope to the letter', async () => {
    const hook = await workflowHook('echo');
    const body = { ...order, more: [1, { deep: null }] };
    const answer = await post(hook, body, {
      'x-request-id': 'key-1',
      'x-kept': 'yes',
      authorization: 'Bearer not for handlers',
    });
    expect(answer.status).toBe(200);
    const delivery = await deliveryOf(hook);
    const handle = temporal.client.workflow.getHandle(String(delivery['handler_workflow_id']));
    const history = await handle.fetchHistory();
    const [payload] =
      history.events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads ?? [];
    const input = JSON.parse(Buffer.from(payload?.data ?? []).toString()) as Record<
      string,
      unknown
    >;
    expect(input).toEqual({
      source: hook.slug,
      body,
      headers: delivery['request_headers'],
      verified: true,
      delivery_id: answer.body?.['delivery_id'],
      idempotency_key: 'key-1',
      received_at: (delivery['received_at'] as Date).toISOString(),
    });
    expect(workflowEnvelopeSchema.parse(input)).toEqual(input);
    expect(input['headers']).toMatchObject({ 'x-kept': 'yes' });
    expect(input['headers']).not.toHaveProperty('authorization');
  });

  test('gives its run the body as the schema makes it, defaults included', async () => {
    const hook = await workflowHook('echo');
    await post(hook, order);
    const { handler_workflow_id: id } = await deliveryOf(hook);
    const result = (await temporal.client.workflow.getHandle(String(id)).result()) as unknown;
    expect(result).toMatchObject({ body: { ...order, note: 'none' }, idempotency_key: null });
  });

  test('S-036 stores workflow id, run id and version on the delivery, in its outcome too', async () => {
    const hook = await workflowHook('echo');
    const answer = await post(hook, order);
    const id = fromWireId('delivery', String(answer.body?.['delivery_id']));
    const delivery = await deliveryOf(hook);
    const run = await temporal.client.workflow.getHandle(`wf/echo/${id}`).describe();
    expect(delivery).toMatchObject({
      dispatch_status: 'dispatched',
      handler_workflow_id: `wf/echo/${id}`,
      handler_run_id: run.runId,
      handler_version: 3,
      outcome: {
        status: 'dispatched',
        workflow: 'echo',
        workflowVersion: 3,
        workflowId: `wf/echo/${id}`,
        workflowRunId: run.runId,
      },
    });
  });

  test('operators find the run by tenant and hook, and the delivery by its workflow', async () => {
    const hook = await workflowHook('echo');
    await post(hook, order);
    const delivery = await deliveryOf(hook);
    const attributesOf = async (workflowId: unknown) => {
      const run = await temporal.client.workflow.getHandle(String(workflowId)).describe();
      return run.typedSearchAttributes.getAll().map(({ value }) => value);
    };
    expect(await attributesOf(delivery['handler_workflow_id'])).toEqual(
      expect.arrayContaining([tenant.slug, hook.slug]),
    );
    await eventually(async () =>
      expect(await attributesOf(delivery['workflow_id'])).toContain('workflow:echo'),
    );
  });

  test('S-037 a run that fails later leaves its delivery dispatched', async () => {
    const hook = await workflowHook('fail-later');
    const answer = await post(hook, {});
    expect(answer.status).toBe(200);
    const { handler_workflow_id: id } = await deliveryOf(hook);
    const failure = await temporal.client.workflow
      .getHandle(String(id))
      .result()
      .catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(WorkflowFailedError);
    expect(await deliveryOf(hook)).toMatchObject({ dispatch_status: 'dispatched' });
  });
});

describe('a start that cannot be', () => {
  /** Sends once; the sender sees a 500, and the delivery tells why. */
  async function refusalOf(hook: TestHook, body: unknown): Promise<unknown> {
    const answer = await post(hook, body);
    expect(answer.status).toBe(500);
    expect(answer.body).toMatchObject({ error: 'dispatch_failed' });
    const delivery = await deliveryOf(hook);
    expect(delivery).toMatchObject({ dispatch_status: 'failed', handler_workflow_id: null });
    return delivery['outcome'];
  }

  test('S-037 because the workflow is not registered fails the delivery with workflow_unknown', async () => {
    await publish('no-such');
    expect(await refusalOf(await workflowHook('no-such'), {})).toMatchObject({
      code: 'workflow_unknown',
      message: 'No workflow has the id no-such.',
    });
  });

  test('S-038 because another tenant published the workflow fails it with workflow_unpublished', async () => {
    const other = await stack.factory.tenant();
    expect(await refusalOf(await workflowHook('echo', other), order)).toMatchObject({
      code: 'workflow_unpublished',
    });
  });

  test('S-037 because the schema refuses the body fails it with workflow_input_refused and the field', async () => {
    expect(await refusalOf(await workflowHook('echo'), { order: { id: 7 } })).toMatchObject({
      code: 'workflow_input_refused',
      field: 'order.id',
    });
  });

  test('S-037 because the envelope is too large fails it with workflow_input_too_large', async () => {
    const note = (bytes: number) => ({ ...order, note: 'x'.repeat(bytes) });
    expect(await refusalOf(await workflowHook('echo'), note(1_573_000))).toMatchObject({
      code: 'workflow_input_too_large',
    });
    // Temporal takes what is just below the limit.
    expect((await post(await workflowHook('echo'), note(1_570_000))).status).toBe(200);
  });
});

test('S-038 a workflow that is taken back starts no more, and the runs it has go on', async () => {
  await publish('echo');
  const before = await workflowHook('echo');
  expect((await post(before, order)).status).toBe(200);
  await stack.factory.withTenant(tenant.id, (tx) => unpublishWorkflow(tx, 'echo'));
  const after = await workflowHook('echo');
  expect((await post(after, order)).status).toBe(500);
  const { handler_workflow_id: id } = await deliveryOf(before);
  expect(await temporal.client.workflow.getHandle(String(id)).result()).toBeDefined();
});
