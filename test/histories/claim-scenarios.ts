import { claimChangedSignalName, claimWorkflowId } from '../../workflows/claim-lease/contract.ts';
import { testConversation } from '../support/conversations.ts';
import type { TestTenant } from '../support/factory.ts';
import { started, type Scenario } from './outbound-scenarios.ts';
import type { Rig } from './rig.ts';

/** What becomes of the run that keeps the time of a conversation's claims. */
export const claimScenarios: Readonly<Record<string, Scenario>> = {
  'claim-released': async (rig, tenant) => {
    const { conversationId, run, claim } = await conversation(rig, tenant);
    const holder = await claim();
    await started(rig, run.workflowId);
    await holder.post('/conversations/release', { conversationId });
    return run;
  },
  // Told of a change, it looks at the row; then it waits, looks again, and ends what ran out.
  'claim-expired': async (rig, tenant) => {
    const { conversationId, run, claim } = await conversation(rig, tenant);
    await claim();
    await started(rig, run.workflowId);
    await rig.admin.query(
      `update conversation_claims set expires_at = clock_timestamp() + interval '500 ms'
       where conversation_id = $1`,
      [conversationId],
    );
    await run.signal(claimChangedSignalName);
    return run;
  },
  'claim-contested': async (rig, tenant) => {
    const { conversationId, run, claim } = await conversation(rig, tenant);
    const holders = await Promise.all(Array.from({ length: 5 }, claim));
    for (const holder of holders) await holder.post('/conversations/release', { conversationId });
    return run;
  },
};

/** An open conversation, its run, and claims of it by a credential each. */
async function conversation(rig: Rig, tenant: TestTenant) {
  const { id: conversationId } = await testConversation(rig, tenant);
  return {
    conversationId,
    run: rig.run(claimWorkflowId(tenant.slug, conversationId)),
    async claim() {
      const key = await rig.key(tenant);
      const { status, body } = await key.post('/conversations/claim', { conversationId });
      if (status !== 201 && status !== 409) throw new Error(`not claimed: ${body.code}`);
      return key;
    },
  };
}
