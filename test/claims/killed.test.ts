import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { apiAs, type ApiCaller } from '../support/api.ts';
import { automationKey, type TestKey } from '../support/automation.ts';
import { claimsOf, openShortClaims, withoutWorker, type ShortClaims } from '../support/claims.ts';
import { testConversation } from '../support/conversations.ts';
import { eventually } from '../support/eventually.ts';
import { faultTimeoutMs, startRig, type Rig } from '../support/faults/rig.ts';
import type { TestTenant } from '../support/factory.ts';

vi.setConfig({ testTimeout: faultTimeoutMs, hookTimeout: faultTimeoutMs });

let rig: Rig;
let env: Readonly<Record<string, string>>;
let short: ShortClaims;
let tenant: TestTenant;
let credential: TestKey;
let conversationId: string;

beforeEach(async () => {
  rig = await startRig();
  const taskQueue = `claims-${randomUUID()}`;
  env = { TIDEGATE_TASK_QUEUE: taskQueue };
  short = await openShortClaims(rig.factory, taskQueue);
  tenant = await rig.factory.tenant();
  credential = await automationKey(rig, tenant);
  conversationId = (await testConversation(rig, tenant)).id;
});
afterEach(async () => {
  await short.close();
  await rig.stop();
});

const claims = () => claimsOf(rig.database.admin, conversationId);
const run = () => short.run(tenant, conversationId);
const as = (url: string): ApiCaller => apiAs(url, credential.secret);
const claim = (by: ApiCaller, headers?: Record<string, string>) =>
  by.post('/conversations/claim', { conversationId }, headers);

describe('the worker of a claim that is killed', () => {
  test('S-113 leaves the lease to the next one, which ends it within seconds', async () => {
    const first = await rig.gateway({ env });
    await short.claim(tenant, credential.id, conversationId, 4_000);
    await first.kill();
    await rig.gateway({ env });
    await eventually(async () => expect((await run().describe()).status.name).toBe('COMPLETED'));
    expect(await claims()).toMatchObject([{ status: 'expired' }]);
  });

  test('S-110 keeps nobody from a renewal, which the next one finds in the row', async () => {
    const { url } = await rig.gateway({ env: { ...env, ...withoutWorker } });
    const first = await rig.gateway({ env });
    await short.claim(tenant, credential.id, conversationId, 8_000);
    await first.kill();
    expect(await claim(as(url))).toMatchObject({ status: 201, body: { renewed: true, fence: 1 } });
    await rig.gateway({ env });
    // Its timer fires at the end of the first lease: it looks at the row, and sleeps again.
    await eventually(async () => {
      const { events } = await run().fetchHistory();
      const timers = events?.filter((event) => event.timerStartedEventAttributes) ?? [];
      expect(timers.length).toBeGreaterThan(1);
    });
    const [row] = await claims();
    expect(row).toMatchObject({ status: 'active' });
    expect(row?.left_s).toBeGreaterThan(100);
  });
});

describe('the gateway of a claim that is killed', () => {
  test('S-018 before it answers leaves a claim that the repeat of its Idempotency-Key finds', async () => {
    await rig.gateway({ env });
    const link = await rig.temporalLink();
    const dying = await rig.gateway({ temporal: link, env: { ...env, ...withoutWorker } });
    link.dropReplies();
    const once = { 'idempotency-key': randomUUID() };
    const unanswered = claim(as(dying.url), once).then(
      () => 'answered',
      () => 'unanswered',
    );
    await eventually(async () => expect(await claims()).toHaveLength(1));
    await dying.kill();
    expect(await unanswered).toBe('unanswered');
    const { url } = await rig.gateway({ env: { ...env, ...withoutWorker } });
    const repeat = await claim(as(url), once);
    const [made] = await claims();
    expect(repeat).toMatchObject({
      status: 201,
      body: { claimId: made?.id, renewed: false, fence: 1 },
    });
    const { rowCount } = await rig.database.admin.query(
      `select from audit_entries where action = 'automation.conversation.claimed'`,
    );
    expect(rowCount).toBe(1);
  });
});
