import { setTimeout as sleep } from 'node:timers/promises';
import { findConversation } from '../../shared/db/queries/conversations.ts';
import type { TenantTx } from '../../shared/db/tenant.ts';
import { recordVisitorMessage } from '../../shared/support/messages.ts';
import { openTicket } from '../../shared/support/tickets.ts';
import { addVisitor } from '../../shared/support/visitors.ts';
import type { ApiCaller } from './api.ts';
import type { Factory, TestTenant } from './factory.ts';

export interface DeskWriterOptions {
  readonly factory: Factory;
  readonly tenant: TestTenant;
  /** The API of the gateway that there is at the moment. */
  readonly api: () => ApiCaller;
  readonly random: () => number;
  /** The longest time between a write and its commit. */
  readonly longestHoldMs: number;
}

/** Writers that change all of a support desk, until they are told to stop. */
export interface DeskWriter {
  readonly writes: () => number;
  stop(): Promise<void>;
}

type Made = 'visitors' | 'conversations' | 'tickets' | 'articles';
type Write = (api: ApiCaller) => Promise<unknown>;

/**
 * Writes over the API, and beside it in transactions that are held before they commit, so that rows and
 * events appear behind newer ones. What the API refuses while it is away is not written.
 */
export function startDeskWriter(options: DeskWriterOptions): DeskWriter {
  const { factory, tenant, api, random, longestHoldMs } = options;
  const made: Record<Made, string[]> = {
    visitors: [],
    conversations: [],
    tickets: [],
    articles: [],
  };
  const pick = <Value>(values: readonly Value[]): Value | undefined =>
    values[Math.floor(random() * values.length)];
  let writes = 0;
  const over = new AbortController();

  const create = async (from: ApiCaller, list: Made, body: object): Promise<void> => {
    const answer = await from.post(`/${list}/create`, body);
    if (answer.status === 201) made[list].push(answer.body.id);
  };
  const text = (): string => `Number ${writes}`;
  const byApi: readonly Write[] = [
    (from) => create(from, 'visitors', { name: text() }),
    (from) => create(from, 'conversations', { visitor: { name: text() } }),
    (from) => create(from, 'tickets', { subject: text() }),
    (from) => create(from, 'articles', { title: text(), content: text() }),
    (from) => from.post('/visitors/update', { visitorId: pick(made.visitors), name: text() }),
    (from) =>
      from.post('/conversations/update', {
        conversationId: pick(made.conversations),
        status: pick(['open', 'closed', 'snoozed']),
      }),
    (from) => from.post('/conversations/messages/send', message()),
    (from) => from.post('/conversations/messages/receive', message()),
    (from) =>
      from.post('/tickets/update', {
        ticketId: pick(made.tickets),
        status: pick(['submitted', 'in_progress', 'resolved']),
      }),
    (from) => from.post('/articles/update', { articleId: pick(made.articles), title: text() }),
    (from) => from.post('/articles/delete', { articleId: pick(made.articles) }),
  ];
  const message = () => ({ conversationId: pick(made.conversations), content: text() });

  const held: readonly ((tx: TenantTx) => Promise<unknown>)[] = [
    (tx) => addVisitor(tx, { name: `Late ${text()}` }),
    (tx) => openTicket(tx, { subject: `Late ${text()}` }),
    async (tx) => {
      const id = pick(made.conversations);
      const conversation = id && (await findConversation(tx, id, 'for update'));
      if (!conversation || conversation.visitorId === null) return;
      const { visitorId } = conversation;
      await recordVisitorMessage(tx, conversation, { visitorId, content: `Late ${text()}` });
    },
  ];

  async function writeByApi(): Promise<void> {
    while (!over.signal.aborted) {
      const write = pick(byApi);
      // A gateway that is away refuses the connection, or ends it.
      await write?.(api()).catch(() => undefined);
      writes += 1;
      await sleep(50 + random() * 150);
    }
  }

  async function writeHeld(): Promise<void> {
    while (!over.signal.aborted) {
      await factory.withTenant(tenant.id, async (tx) => {
        await pick(held)?.(tx);
        await sleep(random() * longestHoldMs);
      });
      writes += 1;
    }
  }

  const all = Promise.all([writeByApi(), writeByApi(), writeHeld(), writeHeld()]);
  return {
    writes: () => writes,
    async stop() {
      over.abort();
      await all;
    },
  };
}
