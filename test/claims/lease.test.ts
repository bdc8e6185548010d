import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { WithStartWorkflowOperation, type Workflow } from '@temporalio/client';
import { queueNames } from '../../apps/worker/queues.ts';
import type { Pool } from '../../shared/db/pool.ts';
import { extendClaim } from '../../shared/db/queries/conversation-claims.ts';
import type { ClaimOutcome, ClaimRequest } from '../../shared/domain/claim.ts';
import {
  acquireUpdateName,
  claimLeaseName,
  type ClaimLeaseInput,
} from '../../workflows/claim-lease/contract.ts';
import { apiAs, type ApiCaller } from '../support/api.ts';
import { automationKey, type TestKey } from '../support/automation.ts';
import { claimsOf, lapse, openShortClaims, type ShortClaims } from '../support/claims.ts';
import { testClaim, testConversation, type TestConversation } from '../support/conversations.ts';
import { openAppPool } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import type { TestTenant } from '../support/factory.ts';
import { maintenanceActivities } from '../support/maintenance.ts';
import { startTestStack, type TestStack } from '../support/stack.ts';
import { connectClient, type TestClient } from '../support/temporal.ts';

const taskQueue = `claims-${randomUUID()}`;
let stack: TestStack;
let pool: Pool;
let short: ShortClaims;
let temporal: TestClient;
let tenant: TestTenant;
let credential: TestKey;
let key: ApiCaller;
let conversation: TestConversation;

beforeAll(async () => {
  stack = await startTestStack({ env: { TIDEGATE_TASK_QUEUE: taskQueue } });
  pool = openAppPool(stack.database.appUrl);
  short = await openShortClaims(stack.factory, taskQueue);
  temporal = await connectClient();
});
afterAll(async () => {
  await temporal.close();
  await short.close();
  await pool.end();
  await stack.stop();
});
beforeEach(async () => {
  tenant = await stack.factory.tenant();
  credential = await automationKey(stack, tenant);
  key = apiAs(stack.gateway.url, credential.secret);
  conversation = await testConversation(stack, tenant);
});

const claims = () => claimsOf(stack.database.admin, conversation.id);
const run = () => short.run(tenant, conversation.id);
const claimFor = (leaseMs: number, by = credential) =>
  short.claim(tenant, by.id, conversation.id, leaseMs);
const extend = (leaseMs: number) =>
  stack.factory.withTenant(tenant.id, (tx) =>
    extendClaim(tx, { conversationId: conversation.id, credentialId: credential.id, leaseMs }),
  );
const statusOf = async () => (await run().describe()).status.name;
const ended = () => eventually(async () => expect(await statusOf()).toBe('COMPLETED'));
const asleep = () =>
  eventually(async () => {
    const { events } = await run().fetchHistory();
    expect(events?.at(-1)?.timerStartedEventAttributes ?? events?.at(-2)).toBeTruthy();
    expect(events?.some((event) => event.timerStartedEventAttributes)).toBe(true);
  });

/** Asks the run itself, as one of many gateways would. */
async function askRun(credentialId: string, turnsMax: number): Promise<ClaimOutcome> {
  const input: ClaimLeaseInput = { tenantId: tenant.id, conversationId: conversation.id, turnsMax };
  const request: ClaimRequest = {
    requestId: randomUUID(),
    credentialId,
    leaseMs: 60_000,
    deadline: new Date(Date.now() + 30_000).toISOString(),
  };
  return temporal.client.workflow.executeUpdateWithStart<Workflow, ClaimOutcome, [ClaimRequest]>(
    acquireUpdateName,
    {
      args: [request],
      startWorkflowOperation: new WithStartWorkflowOperation(claimLeaseName, {
        workflowId: run().workflowId,
        taskQueue: queueNames(taskQueue).inbound,
        args: [input],
        workflowIdConflictPolicy: 'USE_EXISTING',
        workflowIdReusePolicy: 'ALLOW_DUPLICATE',
      }),
    },
  );
}

describe('the lease of a claim', () => {
  test('S-113 ends within seconds of its time, and its run with it', async () => {
    expect(await claimFor(1_000)).toMatchObject({ kind: 'granted', renewed: false });
    await ended();
    const [claim] = await claims();
    expect(claim).toMatchObject({ status: 'expired' });
    expect(claim?.left_s).toBeGreaterThan(-10);
    expect(await claimFor(60_000)).toMatchObject({ kind: 'granted', renewed: false, fence: 2 });
  });

  test('S-111 that a send or a renewal moved is kept by the run, without a word to it', async () => {
    await claimFor(1_500);
    expect(await extend(4_000)).toMatchObject({ kind: 'extended' });
    // Its first timer has fired: it has looked at the row and sleeps again.
    await eventually(async () => {
      const { events } = await run().fetchHistory();
      const timers = events?.filter((event) => event.timerStartedEventAttributes) ?? [];
      expect(timers.length).toBeGreaterThan(1);
    });
    expect(await claims()).toMatchObject([{ status: 'active' }]);
    await ended();
    expect(await claims()).toMatchObject([{ status: 'expired' }]);
  });

  test('S-112 ends with a release, and the run does not wait for the time', async () => {
    const { status } = await key.post('/conversations/claim', { conversationId: conversation.id });
    expect(status).toBe(201);
    await asleep();
    await key.post('/conversations/release', { conversationId: conversation.id });
    await ended();
    expect(await claims()).toMatchObject([{ status: 'released' }]);
  });

  test('S-110 is kept by one run, which serves those who come meanwhile and the next holder', async () => {
    await claimFor(60_000);
    const [other, third] = [await automationKey(stack, tenant), await automationKey(stack, tenant)];
    const first = (await run().describe()).runId;
    expect(await claimFor(60_000, other)).toMatchObject({ kind: 'held' });
    await lapse(stack.database.admin, conversation.id);
    expect(await claimFor(60_000, third)).toMatchObject({ kind: 'granted', fence: 2 });
    expect((await run().describe()).runId).toBe(first);
  });

  test('S-110 goes to one of a crowd that reaches the run from many gateways, which goes on', async () => {
    const keys = await Promise.all(Array.from({ length: 8 }, () => automationKey(stack, tenant)));
    const asked = Array.from({ length: 40 }, (_, n) => (keys[n % keys.length] as TestKey).id);
    const answers = await Promise.all(
      asked.map(async (id) => ({ id, ...(await askRun(id, 500)) })),
    );
    const granted = answers.filter(({ kind }) => kind === 'granted');
    expect(new Set(granted.map(({ id }) => id)).size).toBe(1);
    expect(granted).toHaveLength(5);
    expect(answers.filter(({ kind }) => kind === 'held')).toHaveLength(35);
    expect(await claims()).toMatchObject([{ status: 'active', claim_fence: 1 }]);
    await lapse(stack.database.admin, conversation.id);
    await run().signal('changed');
    await ended();
    expect(await claims()).toMatchObject([{ status: 'expired' }]);
  });

  test('S-110 goes on over continue-as-new', async () => {
    const acquire = () => askRun(credential.id, 2);
    const answers: ClaimOutcome[] = [];
    for (let asked = 0; asked < 8; asked += 1) answers.push(await acquire());
    for (const [n, answer] of answers.entries()) {
      expect(answer).toMatchObject({ kind: 'granted', renewed: n > 0, fence: 1 });
    }
    const { runId, raw } = await run().describe();
    expect(raw.workflowExecutionInfo?.firstRunId).not.toBe(runId);
    expect(await claims()).toMatchObject([{ status: 'active', claim_fence: 1 }]);
    await extend(100);
    await run().signal('changed');
    await ended();
    expect(await claims()).toMatchObject([{ status: 'expired' }]);
  });

  test('S-122 holds nothing of the conversation in its history but ids', async () => {
    await claimFor(300);
    await ended();
    const text = JSON.stringify(await run().fetchHistory());
    expect(text).not.toContain(credential.secret);
    expect(text).not.toContain(credential.actorName);
  });
});

describe('the maintenance job', () => {
  const limits = { olderThanMs: 0, rowsMax: 100, pauseMs: 1, timeMaxMs: 10_000 };

  test('S-113 S-138 ends what ran out when every run is lost, in batches, and nothing live', async () => {
    const others = await Promise.all(
      Array.from({ length: 3 }, async () => (await testConversation(stack, tenant)).id),
    );
    await claimFor(60_000);
    await run().terminate('a crash of everything');
    for (const conversationId of others) {
      await testClaim(stack, tenant, { conversationId, credentialId: credential.id });
    }
    const [live, ...gone] = others as [string, ...string[]];
    for (const id of [conversation.id, ...gone]) await lapse(stack.database.admin, id);
    const counted: number[] = [];
    const activities = maintenanceActivities(pool, stack.factory, {
      onClaimsExpired: (count) => counted.push(count),
    });
    const job = { ...limits, name: 'expireClaims' as const, rowsMax: 2 };
    const progress = await activities.runMaintenanceJob(job);
    expect(progress).toMatchObject({ rows: 3, isDone: true });
    expect(counted).toEqual([2, 1]);
    for (const id of [conversation.id, ...gone]) {
      expect(await claimsOf(stack.database.admin, id)).toMatchObject([{ status: 'expired' }]);
    }
    expect(await claimsOf(stack.database.admin, live)).toMatchObject([{ status: 'active' }]);
    expect(await activities.runMaintenanceJob(job)).toMatchObject({ rows: 0 });
  });
});
