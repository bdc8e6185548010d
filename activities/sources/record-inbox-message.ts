import { isDeepStrictEqual } from 'node:util';
import { v7 as uuidv7 } from 'uuid';
import {
  findConversation,
  setConversationVisitor,
  type Conversation,
} from '../../shared/db/queries/conversations.ts';
import {
  claimExternalId,
  type ExternalKey,
} from '../../shared/db/queries/external-entity-mappings.ts';
import { findVisitor, type Visitor, type VisitorValues } from '../../shared/db/queries/visitors.ts';
import type { TenantTx } from '../../shared/db/tenant.ts';
import type { BuiltInWorkflowId } from '../../shared/domain/built-in-workflow.ts';
import { toWireId, type DeliveryId } from '../../shared/domain/ids.ts';
import type { FailedOutcome, SourceOutcome } from '../../shared/domain/outcome.ts';
import { attributesSchema } from '../../shared/schemas/resource-api.ts';
import { openConversation } from '../../shared/support/conversations.ts';
import { recordVisitorMessage } from '../../shared/support/messages.ts';
import type { Cause } from '../../shared/support/tell.ts';
import { addVisitor, changeVisitor } from '../../shared/support/visitors.ts';
import type { InboxMessage, ReportedVisitor } from './inbox-message.ts';

interface Inbox {
  readonly source: BuiltInWorkflowId;
  readonly hookSlug: string;
  readonly deliveryId: DeliveryId;
}

/**
 * Records what a visitor wrote elsewhere, in the transaction of its delivery's outcome. Conversation,
 * message and visitor are tied to their external ids first and made after, so that of concurrent
 * deliveries one makes each and the others find it; they are tied and locked in this order, and no two
 * deliveries wait for each other.
 */
export async function recordInboxMessage(
  tx: TenantTx,
  { source, hookSlug, deliveryId }: Inbox,
  { conversation, visitor, content, messageId }: InboxMessage,
): Promise<SourceOutcome | FailedOutcome> {
  const events: string[] = [];
  const cause: Cause = { deliveryId, onEvent: (id) => void events.push(toWireId('event', id)) };
  const tie = (entityType: string, externalId: string) =>
    tieExternalId(tx, { hookSlug, entityType, externalId });

  const { externalId, ...about } = conversation;
  const { id: conversationId, isNew } = await tie('conversation', externalId);
  const known = isNew ? undefined : await requireConversation(tx, conversationId);
  // Ids of messages may be counted for each conversation.
  const message =
    messageId === undefined
      ? { id: uuidv7(), isNew: true }
      : await tie('message', `${conversationId} ${messageId}`);
  const made = { status: 'dispatched', source, conversationId, messageId: message.id } as const;
  if (!message.isNew) return { ...made, events, ignored: 'The message was recorded before.' };

  const tied = visitor.key === undefined ? undefined : await tie('visitor', visitor.key);
  const visitorId = await visitorFor(tx, cause, { tied, known, visitor });
  if (visitorId === undefined) return attributesTooLarge;
  const opened =
    known ??
    (await openConversation(
      tx,
      { ...about, visitorId, assignedAgentId: null },
      cause,
      conversationId,
    ));
  await recordVisitorMessage(tx, opened, { visitorId, content }, cause, message.id);
  return { ...made, events };
}

interface Tied {
  readonly id: string;
  readonly isNew: boolean;
}

async function tieExternalId(tx: TenantTx, key: ExternalKey): Promise<Tied> {
  const proposed = uuidv7();
  const id = await claimExternalId(tx, key, proposed);
  return { id, isNew: id === proposed };
}

async function requireConversation(tx: TenantTx, id: string): Promise<Conversation> {
  const found = await findConversation(tx, id, 'for update');
  if (found === undefined) throw new Error(`the conversation ${id} is gone`);
  return found;
}

/**
 * Who wrote: the visitor that the hook knows by the given key, or a new one; without a key the visitor
 * of the conversation. Undefined when what is said of them cannot be kept.
 */
async function visitorFor(
  tx: TenantTx,
  cause: Cause,
  given: {
    readonly tied: Tied | undefined;
    readonly known: Conversation | undefined;
    readonly visitor: ReportedVisitor;
  },
): Promise<string | undefined> {
  const { tied, known, visitor } = given;
  const knownId = tied === undefined ? known?.visitorId : tied.isNew ? undefined : tied.id;
  const id = knownId ?? tied?.id ?? uuidv7();
  if (knownId === undefined || knownId === null) await addVisitor(tx, visitor.values, cause, id);
  else if (!(await learn(tx, cause, id, visitor.values))) return undefined;
  if (known !== undefined && (await isNobodys(tx, known, id))) {
    await setConversationVisitor(tx, known.id, id);
  }
  return id;
}

/** Adds to a visitor what is newly said of them; false when it is too much. */
async function learn(
  tx: TenantTx,
  cause: Cause,
  id: string,
  said: Partial<VisitorValues>,
): Promise<boolean> {
  const before = await findVisitor(tx, id, 'for update');
  if (before === undefined) throw new Error(`the visitor ${id} is gone`);
  const customAttributes = { ...before.customAttributes, ...said.customAttributes };
  const change = { ...said, customAttributes };
  if (!attributesSchema.safeParse(customAttributes).success) return false;
  if (isKnownAlready(before, change)) return true;
  await changeVisitor(tx, before, change, cause);
  return true;
}

const isKnownAlready = (visitor: Visitor, said: Partial<VisitorValues>): boolean =>
  isDeepStrictEqual({ ...visitor, ...said }, visitor);

/**
 * Whether a conversation has a visitor of whom nothing is known to find them by, and another one now
 * writes in it: the one that is known becomes its visitor.
 */
async function isNobodys(
  tx: TenantTx,
  { visitorId }: Conversation,
  writerId: string,
): Promise<boolean> {
  if (visitorId === null) return true;
  if (visitorId === writerId) return false;
  const visitor = await findVisitor(tx, visitorId);
  return visitor?.email === null && visitor.externalUserId === null;
}

const attributesTooLarge: FailedOutcome = {
  status: 'failed',
  code: 'mapping_failed',
  field: '/visitor/customAttributes',
  message: 'With those that are known, at most 16 KiB of JSON.',
};
