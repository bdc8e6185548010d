import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { WorkflowUpdateFailedError, type WorkflowHandle } from '@temporalio/client';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Gateway } from '../../apps/gateway/gateway.ts';
import type { Decision, RefundState } from '../../examples/extensions/workflows/refund-approval.ts';
import { publishWorkflow } from '../../shared/db/queries/published-workflows.ts';
import { fromWireId } from '../../shared/domain/ids.ts';
import { eventually } from '../support/eventually.ts';
import { send, type TestHook, workflowHandler } from '../support/factory.ts';
import { startTestStack, type TestStack } from '../support/stack.ts';
import { connectClient, type TestClient } from '../support/temporal.ts';

const env = {
  TIDEGATE_EXTENSIONS: fileURLToPath(new URL('../../examples/extensions', import.meta.url)),
};

let stack: TestStack;
/** Runs the workflow, and nothing else needs it: it may go and come. */
let handlers: Gateway;
let temporal: TestClient;
let hook: TestHook;

beforeAll(async () => {
  stack = await startTestStack({ env: { ...env, TIDEGATE_HANDLER_WORKER: 'false' } });
  handlers = await stack.startGateway({ env });
  temporal = await connectClient();
});
afterAll(async () => {
  await temporal.close();
  await stack.stop();
});
beforeEach(async () => {
  const tenant = await stack.factory.tenant();
  await stack.factory.withTenant(tenant.id, (tx) => publishWorkflow(tx, 'refund-approval', null));
  hook = await stack.factory.hook(tenant, { handler: workflowHandler('refund-approval') });
});

/** Sends a refund through the hook; gives the run that it started. */
async function request(more: Record<string, unknown> = {}): Promise<WorkflowHandle> {
  const { clientId, boardId, priorityId } = hook.tenant.desk;
  const answer = await send(stack.gateway.url, hook, {
    refund: { id: 'r-7', amount: 120.5, currency: 'EUR', reason: 'Broken on arrival' },
    desk: { clientId, boardId, priorityId },
    ...more,
  });
  expect(answer.status).toBe(200);
  const id = fromWireId('delivery', String(answer.body?.['delivery_id']));
  return temporal.client.workflow.getHandle(`wf/refund-approval/${id}`);
}

const decide = (run: WorkflowHandle, decision: Decision): Promise<RefundState> =>
  run.executeUpdate('decide', { args: [decision] });

const stateOf = (run: WorkflowHandle): Promise<RefundState> => run.query('state');

async function ticketTitles(): Promise<string[]> {
  const { rows } = await stack.database.admin.query<{ title: string }>(
    'select title from tickets where tenant_id = $1 order by number',
    [hook.tenant.id],
  );
  return rows.map(({ title }) => title);
}

const asked = 'Approve refund r-7: 120.5 EUR?';

/** The type of the failure that an update was refused with. */
async function refusalOf(update: Promise<unknown>): Promise<unknown> {
  const error: unknown = await update.catch((error: unknown) => error);
  expect(error).toBeInstanceOf(WorkflowUpdateFailedError);
  return ((error as WorkflowUpdateFailedError).cause as { type?: unknown }).type;
}

describe('the refund that waits for an approval', () => {
  test('is paid when it is approved', async () => {
    const run = await request();
    await eventually(async () => expect(await ticketTitles()).toEqual([asked]));
    expect(await stateOf(run)).toEqual({ phase: 'waiting', decidedBy: null });
    expect(await decide(run, { approved: true, by: 'ana' })).toEqual({
      phase: 'approved',
      decidedBy: 'ana',
    });
    expect(await run.result()).toEqual({ phase: 'approved', decidedBy: 'ana' });
    expect(await ticketTitles()).toEqual([asked, 'Pay refund r-7: 120.5 EUR']);
  });

  test('is not paid when it is rejected', async () => {
    const run = await request();
    await decide(run, { approved: false, by: 'ana' });
    expect(await run.result()).toEqual({ phase: 'rejected', decidedBy: 'ana' });
    expect(await ticketTitles()).toEqual([asked]);
  });

  test('expires when nobody decides in time, with a ticket that says so', async () => {
    const run = await request({ decideWithinMs: 50 });
    expect(await run.result()).toEqual({ phase: 'expired', decidedBy: null });
    expect(await ticketTitles()).toEqual([asked, 'Undecided: refund r-7: 120.5 EUR']);
  });

  test('waits three days when the request does not say how long, and the timer says for what', async () => {
    const run = await request();
    const timer = await eventually(async () => {
      const { events } = await run.fetchHistory();
      const started = events?.find((event) => event.timerStartedEventAttributes);
      if (started === undefined) throw new Error('no timer yet');
      return started;
    });
    expect(Number(timer.timerStartedEventAttributes?.startToFireTimeout?.seconds)).toBe(259_200);
    const summary = Buffer.from(timer.userMetadata?.summary?.data ?? []).toString();
    expect(JSON.parse(summary)).toBe('Decision on r-7');
    await run.terminate();
  });

  test('is decided once: a second decision and what is no decision are refused', async () => {
    const run = await request();
    const nonsense = { approved: 'yes' } as unknown as Decision;
    expect(await refusalOf(decide(run, nonsense))).toBe('NotADecision');
    const decisions = await Promise.allSettled([
      decide(run, { approved: true, by: 'ana' }),
      decide(run, { approved: false, by: 'ben' }),
    ]);
    const made = decisions.filter(({ status }) => status === 'fulfilled');
    expect(made).toHaveLength(1);
    const result = await run.result();
    expect(result).toEqual((made[0] as PromiseFulfilledResult<RefundState>).value);
    expect((await ticketTitles())[0]).toBe(asked);
  });

  test('S-037 whose ticket cannot be opened fails with the code of the refusal, and its delivery stays', async () => {
    const { boardId, priorityId } = hook.tenant.desk;
    const run = await request({ desk: { clientId: randomUUID(), boardId, priorityId } });
    const error: unknown = await run.result().catch((error: unknown) => error);
    expect((error as Error).cause).toMatchObject({
      type: 'VALIDATION_ERROR',
      message: 'client_id: There is no such id.',
    });
    const { rows } = await stack.database.admin.query(
      'select dispatch_status from inbound_deliveries where hook_id = $1',
      [hook.id],
    );
    expect(rows).toEqual([{ dispatch_status: 'dispatched' }]);
  });

  test('waits through a restart of what runs it, and each of its tickets is opened once', async () => {
    const run = await request();
    await eventually(async () => expect(await ticketTitles()).toEqual([asked]));
    await handlers.close();
    handlers = await stack.startGateway({ env });
    await decide(run, { approved: true, by: 'ana' });
    expect(await run.result()).toMatchObject({ phase: 'approved' });
    expect(await ticketTitles()).toEqual([asked, 'Pay refund r-7: 120.5 EUR']);
  });
});
