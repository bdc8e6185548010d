import { v7 as uuidv7 } from 'uuid';
import { recordAudit } from '../db/queries/audit-entries.ts';
import {
  endClaim,
  endLocked,
  expireLocked,
  extendLocked,
  findLiveClaim,
  hasPassed,
  insertClaim,
  lockConversationForClaim,
  type Claim,
  type ClaimHolder,
  type NoClaim,
} from '../db/queries/conversation-claims.ts';
import {
  updateConversation,
  type Conversation,
  type ConversationState,
} from '../db/queries/conversations.ts';
import type { TenantTx } from '../db/tenant.ts';
import type { ClaimOutcome, ClaimRequest } from '../domain/claim.ts';
import { tellChange } from './conversations.ts';

export interface Acquired {
  readonly outcome: ClaimOutcome;
  /** Whether a claim that had run out was ended to make room. */
  readonly hasExpired: boolean;
  /** How long the claim that is live now has left, in milliseconds; null when none is. */
  readonly leftMs: number | null;
}

/**
 * Claims a conversation for a credential, renews its claim, or says why not (S-110). Repeated, a
 * request finds what it made. A renewal is not in the audit log (S-122).
 */
export async function acquireClaim(
  tx: TenantTx,
  conversationId: string,
  request: ClaimRequest,
): Promise<Acquired> {
  const status = await lockConversationForClaim(tx, conversationId);
  if (status === undefined) return nothingLive('not_found');
  const live = await findLiveClaim(tx, conversationId);
  const met = live && (await meetLive(tx, live, status === 'open', request));
  if (met !== undefined) return { ...met, hasExpired: false };
  if (status !== 'open') return nothingLive('not_open');
  const hasExpired = await expireLocked(tx, conversationId);
  const claim = await insertClaim(tx, {
    ...request,
    id: uuidv7(),
    conversationId,
    deadline: new Date(request.deadline),
  });
  if (claim === undefined) return { ...nothingLive('late'), hasExpired };
  await recordAudit(tx, {
    actorType: 'api',
    actorId: request.credentialId,
    action: 'automation.conversation.claimed',
    resourceType: 'conversation',
    resourceId: conversationId,
    details: { claimId: claim.id, fence: claim.fence },
  });
  return { outcome: held('claimed', claim), hasExpired, leftMs: claim.leftMs };
}

const nothingLive = (kind: 'not_open' | 'not_found' | 'late'): Acquired => ({
  outcome: { kind },
  hasExpired: false,
  leftMs: null,
});

/** What a request to claim meets when a claim is live; undefined when it ran out this moment. */
async function meetLive(
  tx: TenantTx,
  live: Claim,
  isOpen: boolean,
  { requestId, credentialId, leaseMs, deadline }: ClaimRequest,
): Promise<Omit<Acquired, 'hasExpired'> | undefined> {
  const { leftMs, conversationId } = live;
  if (live.requestId === requestId) return { outcome: held('claimed', live), leftMs };
  if (!isOpen) return { outcome: { kind: 'not_open' }, leftMs };
  if (live.credentialId !== credentialId) {
    return { outcome: { kind: 'held', until: live.expiresAt.toISOString() }, leftMs };
  }
  if (await hasPassed(tx, new Date(deadline))) return { outcome: { kind: 'late' }, leftMs };
  const renewed = await extendLocked(tx, { conversationId, credentialId, leaseMs });
  if (renewed.kind !== 'extended') return undefined;
  return { outcome: held('renewed', renewed.claim), leftMs: renewed.claim.leftMs };
}

/** A claim as the answer to who has it. */
export const held = (kind: 'claimed' | 'renewed', claim: Claim): ClaimOutcome => ({
  kind,
  claimId: claim.id,
  fence: claim.fence,
  expiresAt: claim.expiresAt.toISOString(),
});

/** Ends the claim of a conversation if it ran out, and says how long the live one has left. */
export async function tendClaim(
  tx: TenantTx,
  conversationId: string,
): Promise<Pick<Acquired, 'hasExpired' | 'leftMs'>> {
  await lockConversationForClaim(tx, conversationId);
  const hasExpired = await expireLocked(tx, conversationId);
  const live = await findLiveClaim(tx, conversationId);
  return { hasExpired, leftMs: live?.leftMs ?? null };
}

type Ended = { readonly kind: 'ended'; readonly claim: Claim } | NoClaim;

/**
 * Gives a conversation back: its holder's claim ends, and it is nobody's (S-112). The caller has
 * locked the conversation.
 */
export async function releaseClaim(
  tx: TenantTx,
  conversation: Conversation,
  holder: Omit<ClaimHolder, 'conversationId'>,
): Promise<Ended> {
  const ended = await endClaim(tx, { conversationId: conversation.id, ...holder }, 'released');
  if (ended.kind === 'ended') await change(tx, conversation, { assignedAgentId: null });
  return ended;
}

/** Why a program hands a conversation over, where it does not say. */
export const escalationReason = 'Handed over by an automation credential.';

/** Hands a conversation to people: its holder's claim ends (S-112). The caller has locked the conversation. */
export async function escalateClaim(
  tx: TenantTx,
  conversation: Conversation,
  holder: Omit<ClaimHolder, 'conversationId'>,
  reason: string = escalationReason,
): Promise<Ended> {
  const ended = await endClaim(tx, { conversationId: conversation.id, ...holder }, 'escalated');
  if (ended.kind === 'ended') {
    await change(tx, conversation, { aiWorkflowState: 'handoff', aiHandoffReason: reason });
  }
  return ended;
}

/** Ends whatever claim a conversation has, so that people can write. The caller has locked the conversation. */
export async function takeOver(tx: TenantTx, conversationId: string): Promise<Claim | undefined> {
  const live = await findLiveClaim(tx, conversationId);
  if (live !== undefined) await endLocked(tx, live.id, 'released');
  return live;
}

/** Writes a change even when it changes nothing: that the conversation is free again is news. */
async function change(
  tx: TenantTx,
  before: Conversation,
  changed: Partial<ConversationState>,
): Promise<void> {
  const after = await updateConversation(tx, before.id, { ...before, ...changed });
  await tellChange(tx, after, before, {});
}
