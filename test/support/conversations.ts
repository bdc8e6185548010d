import { randomUUID } from 'node:crypto';
import {
  expireLocked,
  insertClaim,
  lockConversationForClaim,
  type Claim,
} from '../../shared/db/queries/conversation-claims.ts';
import { claimLeaseMs, type ConversationChannel } from '../../shared/domain/conversation.ts';
import { openConversation } from '../../shared/support/conversations.ts';
import { addVisitor } from '../../shared/support/visitors.ts';
import type { TestDatabase } from './database.ts';
import { eventually } from './eventually.ts';
import type { TestTenant } from './factory.ts';
import type { TestStack } from './stack.ts';

type Given = Pick<TestStack, 'factory'>;

export interface TestConversation {
  readonly id: string;
  readonly visitorId: string;
}

/** An open conversation with a visitor of its own, made as the product makes one. */
export function testConversation(
  { factory }: Given,
  tenant: TestTenant,
  options: { readonly channel?: ConversationChannel } = {},
): Promise<TestConversation> {
  return factory.withTenant(tenant.id, async (tx) => {
    const { id: visitorId } = await addVisitor(tx, {});
    const { channel = 'chat' } = options;
    const about = { visitorId, channel, subject: null, assignedAgentId: null };
    const { id } = await openConversation(tx, about);
    return { id, visitorId };
  });
}

/** A claim of a credential on a conversation, by default for as long as one lasts. */
export function testClaim(
  { factory }: Given,
  tenant: TestTenant,
  {
    conversationId,
    credentialId,
    leaseMs = claimLeaseMs,
  }: {
    readonly conversationId: string;
    readonly credentialId: string;
    readonly leaseMs?: number;
  },
): Promise<Claim> {
  return factory.withTenant(tenant.id, async (tx) => {
    await lockConversationForClaim(tx, conversationId);
    await expireLocked(tx, conversationId);
    const deadline = new Date(Date.now() + 60_000);
    const ids = { id: randomUUID(), requestId: randomUUID() };
    const claim = await insertClaim(tx, {
      ...ids,
      conversationId,
      credentialId,
      leaseMs,
      deadline,
    });
    if (claim === undefined) throw new Error('not claimed');
    return claim;
  });
}

/** The events about one thing, oldest first. */
export async function eventsAbout(
  { database }: Pick<TestStack, 'database'>,
  objectId: string,
): Promise<{ readonly type: string; readonly data: unknown }[]> {
  const { rows } = await database.admin.query<{ type: string; data: unknown }>(
    'select type, data from events where object_id = $1 order by id',
    [objectId],
  );
  return rows;
}

/** The events of messages of a conversation, oldest first. */
export async function messageEvents(
  { database }: Pick<TestStack, 'database'>,
  conversationId: string,
): Promise<{ readonly type: string; readonly object_id: string; readonly data: unknown }[]> {
  const { rows } = await database.admin.query<{ type: string; object_id: string; data: unknown }>(
    `select type, object_id, data from events
     where conversation_id = $1 and object_type = 'message' order by id`,
    [conversationId],
  );
  return rows;
}

/** Waits until a request waits for a lock in the database. */
export function someoneWaits({
  database,
}: {
  readonly database: Pick<TestDatabase, 'admin'>;
}): Promise<void> {
  return eventually(async () => {
    const { rows } = await database.admin.query(
      `select from pg_stat_activity
       where datname = current_database() and wait_event_type = 'Lock'`,
    );
    if (rows.length === 0) throw new Error('nobody waits');
  });
}
