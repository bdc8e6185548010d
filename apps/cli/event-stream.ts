import { setTimeout as sleep } from 'node:timers/promises';
import { EventSourceParserStream, type EventSourceMessage } from 'eventsource-parser/stream';
import type { EventView } from '../../shared/schemas/event-api.ts';
import type { Api } from './api.ts';
import { CliFailure } from './failure.ts';

export interface EventStreamOptions {
  /** Ends the stream. */
  readonly signal: AbortSignal;
  /** The id of an event: begin with what followed it. From now on when absent. */
  readonly after?: string | undefined;
  /** Hears that the stream is open, and of each time that it is open again. */
  readonly onOpen: () => void;
  /** Hears that it broke. `isGapless` when nothing of the gap will be missing. */
  readonly onLost: (isGapless: boolean) => void;
}

/** Longer than a quiet stream lets pass between two comments. */
const silentMsMax = 30_000;
const pauseMs = 2_000;

/**
 * Events of the tenant as they happen, each once. A stream that breaks is taken up after the last event
 * that came, for as long as it takes the server to come back. Throws a CliFailure when the stream
 * cannot be opened the first time, or may not be opened again.
 */
export async function* followEvents(
  api: Api,
  { signal, after, onOpen, onLost }: EventStreamOptions,
): AsyncGenerator<EventView> {
  let lastId = after;
  let wasOpen = false;
  const noteOpen = (): void => {
    wasOpen = true;
    onOpen();
  };
  while (!signal.aborted) {
    let waitMs = pauseMs;
    try {
      for await (const { id, data } of readMessages(api, { signal, lastId, onOpen: noteOpen })) {
        yield JSON.parse(data) as EventView;
        lastId = id ?? lastId;
      }
    } catch (error) {
      if (signal.aborted) return;
      if (!wasOpen || !isPassing(error)) throw error;
      if (error instanceof CliFailure) waitMs = (error.retryAfterSeconds ?? 0) * 1_000 || pauseMs;
    }
    if (signal.aborted) return;
    onLost(lastId !== undefined);
    await sleep(waitMs, undefined, { signal }).catch(() => undefined);
  }
}

/** Whether it is worth coming back: the connection broke, or the server is busy or away. */
function isPassing(error: unknown): boolean {
  if (!(error instanceof CliFailure)) return true;
  return error.exit === 'unavailable' || error.retryAfterSeconds !== undefined;
}

interface OneStream {
  readonly signal: AbortSignal;
  readonly lastId: string | undefined;
  readonly onOpen: () => void;
}

/** The messages of one connection. One that falls silent is taken for broken. */
async function* readMessages(
  api: Api,
  { signal, lastId, onOpen }: OneStream,
): AsyncGenerator<EventSourceMessage> {
  const silence = new AbortController();
  const timer = setTimeout(() => silence.abort(), silentMsMax);
  try {
    const text = await api.stream('/events/stream', {
      accept: 'text/event-stream',
      headers: lastId === undefined ? {} : { 'last-event-id': lastId },
      signal: AbortSignal.any([signal, silence.signal]),
    });
    onOpen();
    const heard = new TransformStream<string, string>({
      transform(chunk, controller) {
        timer.refresh();
        controller.enqueue(chunk);
      },
    });
    yield* text.pipeThrough(heard).pipeThrough(new EventSourceParserStream());
  } finally {
    clearTimeout(timer);
    silence.abort();
  }
}
