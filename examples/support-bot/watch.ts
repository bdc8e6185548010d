import { setTimeout as sleep } from 'node:timers/promises';
import { Refused, type Tidegate } from '../client/tidegate.ts';
import type { PositionFile } from './position.ts';

/** A reason to look: at one conversation, or at all when it names none. */
export interface Hint {
  readonly conversationId?: string;
  /** Notes that it is dealt with. */
  readonly done: () => void;
}

export interface WatchDeps {
  readonly tidegate: Tidegate;
  readonly position: PositionFile;
  readonly signal: AbortSignal;
  readonly log: (line: string) => void;
}

const comeBackMs = 2_000;

/**
 * The live stream, taken up after the event that was dealt with last. Hints without a conversation come
 * at its beginning and with each of its signs of life.
 */
export async function* watchStream(deps: WatchDeps): AsyncGenerator<Hint> {
  const { tidegate, position, signal, log } = deps;
  while (!signal.aborted) {
    try {
      // Open first, then look: what happens between the two comes over the stream.
      const chunks = await tidegate.stream(position.read().streamed);
      yield { done: () => undefined };
      yield* hintsOf(chunks, position);
    } catch (error) {
      if (signal.aborted) return;
      const status = error instanceof Refused ? error.status : 0;
      if (status === 401 || status === 403) throw error;
      log(`the stream is gone: ${error instanceof Error ? error.message : String(error)}`);
      // The event is not there any more; all conversations are looked through instead.
      if (status === 404 || status === 410) position.change({ streamed: undefined });
    }
    await sleep(comeBackMs, undefined, { signal });
  }
}

async function* hintsOf(
  chunks: AsyncIterable<string>,
  position: PositionFile,
): AsyncGenerator<Hint> {
  let text = '';
  for await (const chunk of chunks) {
    const parts = (text + chunk).split('\n\n');
    text = parts.pop() ?? '';
    for (const part of parts) {
      const event = eventOf(part);
      const done = (): void => {
        if (event !== undefined) position.change({ streamed: event.id });
      };
      if (event === undefined) yield { done };
      else if (isQuestion(event.type, event.data)) {
        yield { conversationId: event.data['conversationId'] ?? '', done };
      }
    }
  }
}

interface StreamedEvent {
  readonly id: string;
  readonly type: string;
  readonly data: Readonly<Record<string, string>>;
}

/** A message of the stream; a comment is none. */
function eventOf(part: string): StreamedEvent | undefined {
  const data = part.split('\n').find((line) => line.startsWith('data: '));
  return data === undefined ? undefined : (JSON.parse(data.slice(6)) as StreamedEvent);
}

const isQuestion = (type: string, data: Readonly<Record<string, string>>): boolean =>
  type === 'message.created' && data['senderType'] === 'visitor';

interface FeedItem {
  readonly id: string;
  readonly eventType: string;
  readonly data: Readonly<Record<string, string>>;
  readonly timestamp: number;
}

/**
 * The feed, asked every `everyMs`. It is read back for `overlapMs` beyond the last event: one whose
 * transaction took its time appears behind newer ones.
 */
export async function* watchFeed(
  { tidegate, position, signal }: WatchDeps,
  { everyMs, overlapMs }: { readonly everyMs: number; readonly overlapMs: number },
): AsyncGenerator<Hint> {
  for (;;) {
    const { sinceMs, eventIds } = position.read().polled ?? { sinceMs: undefined, eventIds: [] };
    const seen = new Set(eventIds);
    const from = sinceMs === undefined ? undefined : sinceMs - overlapMs;
    const { items, serverMs } = await readFeed(tidegate, from);
    for (const { id, data, eventType } of items) {
      if (seen.has(id) || !isQuestion(eventType, data)) continue;
      const done = (): void => {
        seen.add(id);
        if (sinceMs !== undefined) position.change({ polled: { sinceMs, eventIds: [...seen] } });
      };
      yield { conversationId: data['conversationId'] ?? '', done };
    }
    const next = Math.max(sinceMs ?? serverMs, ...items.map(({ timestamp }) => timestamp));
    const near = items.filter(({ timestamp }) => timestamp >= next - overlapMs);
    const done = (): void =>
      position.change({ polled: { sinceMs: next, eventIds: near.map(({ id }) => id) } });
    yield { done };
    await sleep(everyMs, undefined, { signal });
  }
}

/** Messages since a moment, oldest first; none without one. */
async function readFeed(tidegate: Tidegate, sinceMs: number | undefined) {
  const items: FeedItem[] = [];
  let cursor: string | undefined;
  for (;;) {
    const { status, body, serverMs } = await tidegate.get('/events/feed', {
      type: 'message.created',
      since: new Date(sinceMs ?? Date.now()).toISOString(),
      limit: 100,
      cursor,
    });
    if (status !== 200) throw new Refused(status, body);
    items.push(...(body.data as FeedItem[]));
    if (body.hasMore !== true) return { items: items.toReversed(), serverMs };
    cursor = body.nextCursor;
  }
}
