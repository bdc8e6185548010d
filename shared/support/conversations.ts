import { v7 as uuidv7 } from 'uuid';
import {
  insertConversation,
  updateConversation,
  type Conversation,
  type ConversationState,
  type NewConversation,
} from '../db/queries/conversations.ts';
import type { TenantTx } from '../db/tenant.ts';
import { tell, type Cause } from './tell.ts';

/** Opens a conversation and tells of it (S-093). */
export async function openConversation(
  tx: TenantTx,
  conversation: NewConversation,
  cause: Cause = {},
  id: string = uuidv7(),
): Promise<Conversation> {
  const opened = await insertConversation(tx, id, conversation);
  const { channel, status, aiWorkflowState } = opened;
  await tell(tx, cause, {
    type: 'conversation.created',
    objectType: 'conversation',
    objectId: opened.id,
    data: { channel, status, visitorId: conversation.visitorId },
    attributes: { aiWorkflowState },
  });
  return opened;
}

/**
 * Changes status, assignee or what the built-in assistant does of a conversation that the caller has
 * locked, and tells what has become different. What stays the same is neither written nor told.
 */
export async function changeConversation(
  tx: TenantTx,
  before: Conversation,
  change: Partial<ConversationState>,
  cause: Cause = {},
): Promise<Conversation> {
  const state = stateOf({ ...before, ...change });
  if (isSame(state, before)) return before;
  const after = await updateConversation(tx, before.id, state);
  await tellChange(tx, after, before, cause);
  return after;
}

/** Tells what of a conversation has changed; nothing for what no event shows. */
export async function tellChange(
  tx: TenantTx,
  after: Pick<Conversation, 'id'> & ConversationState,
  before: ConversationState,
  cause: Cause,
): Promise<void> {
  const data = Object.fromEntries(
    toldMembers.filter((name) => after[name] !== before[name]).map((name) => [name, after[name]]),
  );
  if (Object.keys(data).length === 0) return;
  await tell(tx, cause, {
    type: 'conversation.updated',
    objectType: 'conversation',
    objectId: after.id,
    data,
    attributes: { aiWorkflowState: after.aiWorkflowState },
  });
}

/** What an event shows of a change. The reason of a hand-off is read over the API. */
const toldMembers = ['status', 'assignedAgentId', 'aiWorkflowState'] as const;
const members = [...toldMembers, 'aiHandoffReason'] as const;

const stateOf = ({
  status,
  assignedAgentId,
  aiWorkflowState,
  aiHandoffReason,
}: ConversationState): ConversationState => ({
  status,
  assignedAgentId,
  aiWorkflowState,
  aiHandoffReason,
});

const isSame = (one: ConversationState, other: ConversationState): boolean =>
  members.every((name) => one[name] === other[name]);
