import { insertAssistantRun } from '../db/queries/assistant-runs.ts';
import type { Conversation } from '../db/queries/conversations.ts';
import type { TenantTx } from '../db/tenant.ts';
import { peopleHaveIt } from '../domain/assistant.ts';

/**
 * Asks the assistant about what a visitor wrote, in the transaction of the message, if it is on. Its run
 * is started after the commit. The caller has locked the conversation.
 */
export async function askAssistant(
  tx: TenantTx,
  conversation: Conversation,
  messageId: string,
): Promise<void> {
  const asked = { conversationId: conversation.id, messageId };
  const isWaiting = await insertAssistantRun(tx, asked, peopleHaveIt(conversation));
  if (isWaiting) tx.outbox.announceQuestion({ tenantId: tx.tenantId, ...asked });
}
