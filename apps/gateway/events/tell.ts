import { setTimeout as sleep } from 'node:timers/promises';
import type { StreamedEvent, StreamPosition } from '../../../shared/db/queries/event-stream.ts';
import { presentEvent } from './present-event.ts';

export interface TellOptions {
  /** Reads what follows a position, at most `pageEvents` events. */
  readonly read: (after: StreamPosition, limit: number) => Promise<readonly StreamedEvent[]>;
  /** Whether the caller may still hear of anything: their token may be revoked meanwhile. */
  readonly isAllowed: () => Promise<boolean>;
  readonly nowMs: () => number;
  /** Ends the stream. */
  readonly signal: AbortSignal;
}

const pageEvents = 100;
/** How often the database is asked while nothing happens. */
const pollMs = 1_000;
/** How often a quiet connection is kept open by a comment, and the caller proven anew. */
const heartbeatMs = 10_000;
/** What a client waits before it comes back. */
const reconnectMs = 2_000;

/**
 * The text of an event stream (WHATWG HTML 9.2): what follows a position, then what happens, each event
 * once with its id as the id of the message. Messages carry no type of their own, so that a browser's
 * `onmessage` gets all of them.
 *
 * A poll, and no notification by the database: `notify` makes all transactions that use it commit one
 * after the other, and every transaction that records an event would.
 */
export async function* tell(
  from: StreamPosition,
  { read, isAllowed, nowMs, signal }: TellOptions,
): AsyncGenerator<string> {
  let position = from;
  let provenMs = nowMs();
  yield `retry: ${reconnectMs}\n\n`;
  while (!signal.aborted) {
    if (nowMs() - provenMs >= heartbeatMs) {
      if (!(await isAllowed())) return;
      provenMs = nowMs();
      yield ': still here\n\n';
    }
    const events = await read(position, pageEvents);
    const last = events.at(-1);
    if (last !== undefined) {
      position = last.position;
      yield events.map(messageOf).join('');
    }
    if (events.length < pageEvents) await pause(signal);
  }
}

function messageOf(event: StreamedEvent): string {
  const view = presentEvent(event);
  return `id: ${view.id}\ndata: ${JSON.stringify(view)}\n\n`;
}

async function pause(signal: AbortSignal): Promise<void> {
  await sleep(pollMs, undefined, { signal }).catch(() => undefined);
}
