import { Refused } from '../client/tidegate.ts';
import { feed, keptText, lists, type FeedEvent, type List, type Row } from './lists.ts';
import type { Store, Walk } from './store.ts';
import { walkList, type WalkDeps } from './walk.ts';

export interface CycleOptions extends WalkDeps {
  /** Every list is read as a whole this often, for what no event and no moment tells. */
  readonly sweepEveryMs: number;
  /** How long Tidegate keeps events. */
  readonly eventsKeptMs: number;
}

/**
 * Brings the copy in step once: events, then lists, then the messages of conversations that either has
 * named. A row that a list shows after the events were read is not among what they say is deleted.
 */
export async function runCycle(options: CycleOptions): Promise<void> {
  const { store } = options;
  await walkEvents(options);
  const nowMs = store.progress(feed.name).walkedMs ?? 0;
  const sweepEveryMs = Math.min(options.sweepEveryMs, options.eventsKeptMs);
  for (const list of lists) {
    const { sweptMs } = store.progress(list.name);
    const isSweep = sweptMs === null || nowMs - sweptMs >= sweepEveryMs;
    await walkList(options, list, (rows, walk) => takeRows(store, list, rows, walk), { isSweep });
  }
  for (const thread of store.dueThreads()) await readThread(options, thread);
}

async function walkEvents(options: CycleOptions): Promise<void> {
  const { store, eventsKeptMs } = options;
  const { walkedMs: lastMs } = store.progress(feed.name);
  await walkList(
    options,
    feed,
    (rows, { begunMs, cursor }) => {
      const isFirst = cursor === null && lastMs !== null && begunMs !== null;
      if (isFirst && begunMs - lastMs > eventsKeptMs) {
        noteGap(store, lastMs, begunMs - eventsKeptMs);
      }
      for (const row of rows) takeEvent(store, row as FeedEvent);
    },
    { isSweep: false },
  );
}

/** Events of that time may be gone. What they were about is not: a whole list shows it. */
function noteGap(store: Store, fromMs: number, untilMs: number): void {
  const [from, until] = [fromMs, untilMs].map((ms) => new Date(ms).toISOString());
  const id = `${from}/${until}`;
  store.note({ kind: 'gap', resource: feed.name, id, body: JSON.stringify({ from, until }) });
}

function takeEvent(store: Store, event: FeedEvent): void {
  if (!store.addEvent(event.id, JSON.stringify(event))) return;
  const { eventType, resourceType, resourceId, data } = event;
  if (eventType === 'message.created') store.markDue(String(data['conversationId']));
  if (!eventType.endsWith('.deleted')) return;
  const list = lists.find((one) => one.resourceType === resourceType);
  if (list !== undefined) store.remove(list.name, resourceId);
}

function takeRows(store: Store, list: List, rows: readonly Row[], walk: Walk): void {
  for (const row of rows) {
    const isNews = store.keep(list.name, row.id, keptText(row, list.passing), walk.number);
    if (isNews && list.name === 'conversations') store.markDue(row.id);
  }
}

/**
 * Reads the messages of a conversation, oldest first, from the first page that may have got more. A page
 * is left behind once its last message is older than the overlap: nothing appears in front of it then.
 */
async function readThread(
  { tidegate, store, overlapMs, pageRows }: CycleOptions,
  thread: { readonly id: string; readonly cursor: string | null },
): Promise<void> {
  let { cursor } = thread;
  let settled = thread.cursor;
  for (;;) {
    const { status, body, serverMs } = await tidegate.get('/conversations/messages', {
      conversationId: thread.id,
      limit: pageRows,
      cursor: cursor ?? undefined,
    });
    if (status === 404) return store.transaction(() => store.remove('conversations', thread.id));
    if (status !== 200) throw new Refused(status, body);
    const messages = body.data as readonly (Row & { readonly createdAt: string })[];
    const isLast = body.hasMore !== true;
    const newestMs = Date.parse(messages.at(-1)?.createdAt ?? '');
    if (!isLast && newestMs < serverMs - overlapMs) settled = body.nextCursor;
    store.transaction(() => {
      for (const message of messages) store.keep('messages', message.id, keptText(message), 0);
      store.saveThread(thread.id, settled, !isLast);
    });
    if (isLast) return;
    cursor = body.nextCursor;
  }
}
