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
  /** How many claims that had run out were ended: one at most. */
  readonly expired: number;
  /** How long the claim that is live now has left, in milliseconds; null when none is. */
  readonly leftMs: number | null;
}

type Met = Omit<Acquired, 'expired'>;

/** A request to claim, as the look at a conversation needs it. */
type Look = Omit<ClaimRequest, 'deadline'> & { readonly deadline?: string };

/**
 * Renews the claim of a credential, or says why a conversation cannot be claimed; undefined when it
 * can. Repeated, a request finds the claim that it made. Locks the conversation.
 */
export async function meetClaim(
  tx: TenantTx,
  conversationId: string,
  request: Look,
): Promise<Met | undefined> {
  const status = await lockConversationForClaim(tx, conversationId);
  if (status === undefined) return nothingLive('not_found');
  const live = await findLiveClaim(tx, conversationId);
  const met = live && (await meetLive(tx, live, status === 'open', request));
  if (met !== undefined) return met;
  return status === 'open' ? undefined : nothingLive('not_open');
}

const nothingLive = (kind: 'not_open' | 'not_found' | 'late'): Met => ({
  outcome: { kind },
  leftMs: null,
});

/** What a request meets where a claim is live; undefined when it ran out this moment. */
async function meetLive(
  tx: TenantTx,
  live: Claim,
  isOpen: boolean,
  { requestId, credentialId, leaseMs, deadline }: Look,
): Promise<Met | undefined> {
  const { leftMs, conversationId } = live;
  if (live.requestId === requestId) return { outcome: granted(live, false), leftMs };
  if (!isOpen) return { outcome: { kind: 'not_open' }, leftMs };
  if (live.credentialId !== credentialId) {
    return { outcome: { kind: 'held', until: live.expiresAt.toISOString() }, leftMs };
  }
  if (deadline !== undefined && (await hasPassed(tx, new Date(deadline)))) {
    return { outcome: { kind: 'late' }, leftMs };
  }
  const renewed = await extendLocked(tx, { conversationId, credentialId, leaseMs });
  if (renewed.kind !== 'extended') return undefined;
  return { outcome: granted(renewed.claim, true), leftMs: renewed.claim.leftMs };
}

/**
 * Claims a conversation for a credential, renews its claim, or says why not (S-110). A renewal is not
 * in the audit log (S-122).
 */
export async function acquireClaim(
  tx: TenantTx,
  conversationId: string,
  request: ClaimRequest,
): Promise<Acquired> {
  const met = await meetClaim(tx, conversationId, request);
  if (met !== undefined) return { ...met, expired: 0 };
  const expired = await expireLocked(tx, conversationId);
  const claim = await insertClaim(tx, {
    ...request,
    id: uuidv7(),
    conversationId,
    deadline: new Date(request.deadline),
  });
  if (claim === undefined) return { ...nothingLive('late'), expired };
  await recordAudit(tx, {
    actorType: 'api',
    actorId: request.credentialId,
    action: 'automation.conversation.claimed',
    resourceType: 'conversation',
    resourceId: conversationId,
    details: { claimId: claim.id, fence: claim.fence },
  });
  return { outcome: granted(claim, false), expired, leftMs: claim.leftMs };
}

/** The claim that a request made, if it is live. Locks the conversation: what still comes, comes later. */
export async function findMadeClaim(
  tx: TenantTx,
  conversationId: string,
  requestId: string,
): Promise<ClaimOutcome | undefined> {
  await lockConversationForClaim(tx, conversationId);
  const live = await findLiveClaim(tx, conversationId);
  return live?.requestId === requestId ? granted(live, false) : undefined;
}

/** A claim as the answer to who has it. */
const granted = (claim: Claim, renewed: boolean): ClaimOutcome => ({
  kind: 'granted',
  renewed,
  claimId: claim.id,
  fence: claim.fence,
  expiresAt: claim.expiresAt.toISOString(),
});

/** Ends the claim of a conversation if it ran out, and says how long the live one has left. */
export async function tendClaim(
  tx: TenantTx,
  conversationId: string,
): Promise<Pick<Acquired, 'expired' | 'leftMs'>> {
  await lockConversationForClaim(tx, conversationId);
  const expired = await expireLocked(tx, conversationId);
  const live = await findLiveClaim(tx, conversationId);
  return { expired, leftMs: live?.leftMs ?? null };
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
