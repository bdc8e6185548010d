import { isUuid, toWireId } from '../../shared/domain/ids.ts';
import type { EchoedWebhook } from './echo.ts';

/** What the launcher shows of a running stack. */
export interface LogView {
  /** A line of the gateway's log. */
  gatewayLine(line: string): void;
  /** A webhook that the echo receiver got. */
  webhook(webhook: EchoedWebhook): void;
}

type Entry = Readonly<Record<string, unknown>> & { readonly event?: unknown };

/** A request that was answered: from when to when, in milliseconds since 1970. */
interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

const troubles = new Set<unknown>(['warn', 'error', 'fatal']);
/** Requests that a webhook may be the effect of. */
const spansMax = 100;
/** A log line names the end of a request to the millisecond, and how long it took, rounded. */
const toleranceMs = 5;

/**
 * One line per request and per webhook, and whatever needs a look. A webhook is timed from the request
 * during which its event happened, as far as there was one.
 */
export function makeLogView(write: (line: string) => void): LogView {
  const spans: Span[] = [];
  const say = (line: string): void => write(`${new Date().toLocaleTimeString('en-GB')}  ${line}`);

  const answered = (entry: Entry): void => {
    const toMs = Date.parse(text(entry, 'time'));
    spans.push({ fromMs: toMs - Number(entry['durationMs']), toMs });
    if (spans.length > spansMax) spans.shift();
    const note = entry['duplicate'] === true ? 'duplicate' : text(entry, 'error');
    const answer = [text(entry, 'status'), text(entry, 'delivery_id'), note].filter(Boolean);
    const request = `${text(entry, 'method')} ${text(entry, 'hookSlug')}`;
    say(`${request} -> ${answer.join(' ')} (${text(entry, 'durationMs')} ms)`);
  };

  return {
    gatewayLine(line) {
      const entry = parseLine(line);
      if (entry === undefined) return write(line);
      if (entry['event'] === 'inbound.answered') answered(entry);
      if (entry['event'] === 'outbound.attempt' && !isDelivered(entry)) say(failureText(entry));
      if (troubles.has(entry['level'])) write(`${text(entry, 'level')}: ${text(entry, 'msg')}`);
    },
    webhook({ type, eventId, attempt, refusal, happenedAtMs, receivedAtMs }) {
      const what = `webhook ${type} ${eventId}`;
      if (refusal !== undefined) {
        return say(`${what} NOT VERIFIED (${refusal}), attempt ${attempt}: answered 401`);
      }
      const cause = spans.find(
        ({ fromMs, toMs }) =>
          happenedAtMs >= fromMs - toleranceMs && happenedAtMs <= toMs + toleranceMs,
      );
      const since = cause?.fromMs ?? happenedAtMs;
      const of = cause === undefined ? 'the event' : 'the curl';
      const ms = Math.max(0, receivedAtMs - since);
      say(`${what} verified, attempt ${attempt}, ${ms} ms after ${of}`);
    },
  };
}

/** A log line of the gateway, or undefined for output that is not one. */
export function parseLine(line: string): Entry | undefined {
  try {
    const entry: unknown = JSON.parse(line);
    return typeof entry === 'object' && entry !== null ? (entry as Entry) : undefined;
  } catch {
    return undefined;
  }
}

function text(entry: Entry, name: string): string {
  const value = entry[name];
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

function isDelivered(entry: Entry): boolean {
  const status = Number(entry['status']);
  return status >= 200 && status < 300;
}

function failureText(entry: Entry): string {
  const id = text(entry, 'eventId');
  const event = isUuid(id) ? toWireId('event', id) : id;
  const answer = text(entry, 'status') || text(entry, 'errorClass');
  const then = entry['outcome'] === 'wait' ? 'will be tried again' : 'was the last';
  return `webhook ${text(entry, 'eventType')} ${event} failed: attempt ${text(entry, 'attempt')} -> ${answer}, ${then}`;
}
