import { assistantWorkflowId } from '../../workflows/assistant-reply/contract.ts';
import { ask, testArticle } from '../support/assistant.ts';
import { automationKey } from '../support/automation.ts';
import { testClaim, testConversation } from '../support/conversations.ts';
import type { TestTenant } from '../support/factory.ts';
import type { Scenario } from './outbound-scenarios.ts';
import type { Rig } from './rig.ts';

/** What becomes of a question to the built-in assistant. */
export const assistantScenarios: Readonly<Record<string, Scenario>> = {
  'assistant-answered': async (rig, tenant) => {
    await article(rig, tenant, 'Reset your password');
    return asked(rig, tenant, 'How do I reset my password?');
  },
  'assistant-handed-off': (rig, tenant) => asked(rig, tenant, 'Is anybody there?'),
  'assistant-suppressed': async (rig, tenant) => {
    const { id: conversationId } = await testConversation(rig, tenant);
    const { id: credentialId } = await automationKey(rig, tenant);
    await testClaim(rig, tenant, { conversationId, credentialId });
    return asked(rig, tenant, 'Is anybody there?', conversationId);
  },
  // The search goes on finding an article that visitors may not read any more.
  'assistant-article-changed': async (rig, tenant) => {
    const id = await article(rig, tenant, 'Cancel a subscription');
    await rig.admin.query(`update articles set visibility = 'internal' where id = $1`, [id]);
    return asked(rig, tenant, 'cancel my subscription');
  },
};

const article = async (rig: Rig, tenant: TestTenant, title: string): Promise<string> =>
  testArticle(await rig.api(tenant), { title, content: 'Press it.' });

/** Asks in a conversation, by default a new one, and gives the run. */
async function asked(rig: Rig, tenant: TestTenant, content: string, conversationId?: string) {
  const api = await rig.api(tenant);
  await api.put('/assistant', { enabled: true });
  const id = conversationId ?? (await testConversation(rig, tenant)).id;
  const messageId = await ask(api, id, content);
  return rig.run(assistantWorkflowId(tenant.slug, messageId));
}
