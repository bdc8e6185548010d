import {
  findConversation,
  type Conversation,
} from '../../../../shared/db/queries/conversations.ts';
import type { TenantTx } from '../../../../shared/db/tenant.ts';
import type { TenantId } from '../../../../shared/domain/ids.ts';
import { TidegateError } from '../../../../shared/errors/tidegate-error.ts';
import {
  claimEscalationSchema,
  claimReleaseSchema,
  claimSchema,
  claimTakeOverSchema,
  endedClaimSchema,
  newClaimSchema,
  takenOverSchema,
} from '../../../../shared/schemas/claim-api.ts';
import { escalateClaim, releaseClaim, takeOver } from '../../../../shared/support/claims.ts';
import type { ClaimConversation } from '../../claims/claim-conversation.ts';
import { notClaimed, notTheHolder } from '../../claims/refusals.ts';
import { auditWrite } from '../../resources/writes.ts';
import type { Caller } from '../caller.ts';
import { defineRoute, defineKeyRoute, type ApiContext, type ApiRoute } from '../route.ts';

export interface ClaimServices {
  readonly claimConversation: ClaimConversation;
  /** Tells the run of a claim that it has ended, after the commit; what it misses it finds by itself. */
  readonly noteClaimEnded: (tenantId: TenantId, conversationId: string) => void;
}

const tag = 'Claims';
const path = '/api/v1/conversations';
/** No user claims: people take over instead. */
const scope = 'claims.manage';

/** Who alone writes to a conversation, for a while (S-110 to S-113). */
export function claimRoutes(services: ClaimServices): readonly ApiRoute[] {
  return [
    claimRoute(services),
    defineKeyRoute({
      method: 'POST',
      path: `${path}/release`,
      operationId: 'releaseConversation',
      tag,
      summary: 'Give a conversation back: the claim ends, and the conversation is nobody’s',
      scope,
      body: claimReleaseSchema,
      status: 200,
      response: endedClaimSchema,
      errors: ['not_found', 'claim_required', 'claim_held'],
      async handle(context) {
        const { tx, caller, body } = context;
        const conversation = await requireConversation(tx, body.conversationId);
        const { credentialId } = caller;
        const holder = { credentialId, claimId: body.claimId };
        const ended = await releaseClaim(tx, conversation, holder);
        if (ended.kind !== 'ended') throw notTheHolder(ended);
        const { id: claimId } = ended.claim;
        return noteEnded(services, context, conversation.id, 'released', { claimId });
      },
    }),
    defineKeyRoute({
      method: 'POST',
      path: `${path}/escalate`,
      operationId: 'escalateConversation',
      tag,
      summary: 'Hand a conversation over to people: the claim ends',
      description: 'Sets `aiWorkflowState` to `handoff`, with the reason.',
      scope,
      body: claimEscalationSchema,
      status: 200,
      response: endedClaimSchema,
      errors: ['not_found', 'claim_required', 'claim_held'],
      async handle(context) {
        const { tx, caller, body } = context;
        const conversation = await requireConversation(tx, body.conversationId);
        const { credentialId } = caller;
        const holder = { credentialId, claimId: body.claimId };
        const ended = await escalateClaim(tx, conversation, holder, body.reason);
        if (ended.kind !== 'ended') throw notTheHolder(ended);
        const { id: claimId } = ended.claim;
        return noteEnded(services, context, conversation.id, 'escalated', { claimId });
      },
    }),
    takeOverRoute(services),
  ];
}

const claimRoute = ({ claimConversation }: ClaimServices): ApiRoute =>
  defineKeyRoute({
    method: 'POST',
    path: `${path}/claim`,
    operationId: 'claimConversation',
    tag,
    summary: 'Claim an open conversation for 300 s, or renew the claim that the credential has',
    description:
      'While the claim lives, nobody but its holder sends: no other program, no built-in assistant, no person. Each message extends it. Closing or snoozing the conversation leaves it, so that its holder can still say a last word and release; it cannot be claimed or renewed then.',
    scope,
    body: newClaimSchema,
    status: 201,
    response: claimSchema,
    errors: ['not_found', 'claim_held', 'conversation_not_open', 'claims_unavailable'],
    prepare({ caller, body: { conversationId }, requestId }) {
      const { tenantId, credentialId } = caller;
      return claimConversation({ tenantId, credentialId, conversationId, requestId });
    },
    async handle(_context, answer) {
      if (answer.kind !== 'granted') throw notClaimed(answer);
      const { kind: _kind, ...claim } = answer;
      return claim;
    },
  });

const takeOverRoute = (services: ClaimServices): ApiRoute =>
  defineRoute({
    method: 'POST',
    path: `${path}/claim/end`,
    operationId: 'endClaim',
    tag,
    summary: 'End the claim of a program, so that people can write',
    permission: 'conversations.write',
    body: claimTakeOverSchema,
    status: 200,
    response: takenOverSchema,
    errors: ['not_found'],
    async handle(context) {
      const { tx, body } = context;
      const { id } = await requireConversation(tx, body.conversationId);
      const claim = await takeOver(tx, id);
      if (claim === undefined) return { success: true as const, ended: false };
      const { credentialId, id: claimId } = claim;
      const answer = await noteEnded(services, context, id, 'claim_ended', {
        claimId,
        credentialId,
      });
      return { ...answer, ended: true };
    },
  });

/** The conversation, locked; `not_found` also for one of another tenant. */
async function requireConversation(tx: TenantTx, id: string): Promise<Conversation> {
  const conversation = await findConversation(tx, id, 'for update');
  if (conversation === undefined) throw new TidegateError('not_found');
  return conversation;
}

/** Notes the end of a claim in the audit log, and tells the run that keeps its time. */
async function noteEnded<By extends Caller>(
  services: ClaimServices,
  context: ApiContext<unknown, unknown, unknown, By>,
  conversationId: string,
  verb: 'released' | 'escalated' | 'claim_ended',
  details: Readonly<Record<string, unknown>>,
): Promise<{ readonly success: true }> {
  const { tenantId } = context.tx;
  await auditWrite(context, { resource: 'conversation', verb, id: conversationId, details });
  context.afterCommit(() => services.noteClaimEnded(tenantId, conversationId));
  return { success: true };
}
