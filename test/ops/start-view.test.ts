import { beforeEach, describe, expect, test } from 'vitest';
import { makeLogView, type LogView } from '../../apps/dev/log-view.ts';

let lines: string[];
let view: LogView;
beforeEach(() => {
  lines = [];
  view = makeLogView((line) => lines.push(line));
});

const requestAtMs = Date.parse('2026-01-31T08:00:00.000Z');
const answered = { event: 'inbound.answered', level: 'info', method: 'POST', hookSlug: 'alerts' };
const attempted = {
  event: 'outbound.attempt',
  level: 'info',
  eventType: 'ticket.created',
  eventId: '01994d1c-5c5e-7b56-8f0e-6a1c1d2e3f40',
  attempt: 2,
};
const eventId = 'evt_01994d1c5c5e7b568f0e6a1c1d2e3f40';
const webhook = {
  type: 'ticket.created',
  eventId,
  attempt: 1,
  refusal: undefined,
  happenedAtMs: requestAtMs + 20,
  receivedAtMs: requestAtMs + 84,
};
const log = (entry: object): void => view.gatewayLine(JSON.stringify(entry));

describe('what the launcher shows', () => {
  test('S-056 is a verified webhook with its attempt and the time since the curl', () => {
    const time = new Date(requestAtMs + 40).toISOString();
    log({ ...answered, time, durationMs: 40, status: 200, delivery_id: 'ind_1' });
    view.webhook(webhook);
    expect(lines).toEqual([
      expect.stringMatching(/ {2}POST alerts -> 200 ind_1 \(40 ms\)$/),
      expect.stringMatching(
        new RegExp(
          ` {2}webhook ticket.created ${eventId} verified, attempt 1, 84 ms after the curl$`,
        ),
      ),
    ]);
  });

  test('times a webhook that no request caused from its event', () => {
    view.webhook(webhook);
    expect(lines).toEqual([expect.stringMatching(/, 64 ms after the event$/)]);
  });

  test('S-068 says loudly that a signature is not right', () => {
    view.webhook({ ...webhook, refusal: 'signature_mismatch' });
    expect(lines[0]).toContain('NOT VERIFIED (signature_mismatch)');
  });

  test('S-057 is each failed attempt, and whether another follows; delivered ones are the receiver’s', () => {
    log({ ...attempted, status: 204, outcome: 'settled' });
    log({ ...attempted, status: 500, outcome: 'wait' });
    log({ ...attempted, errorClass: 'connect', outcome: 'settled' });
    const failed = `webhook ticket.created ${eventId} failed: attempt 2 ->`;
    expect(lines).toEqual([
      expect.stringContaining(`${failed} 500, will be tried again`),
      expect.stringContaining(`${failed} connect, was the last`),
    ]);
  });

  test('is whatever needs a look, and what is no log line as it is', () => {
    log({ level: 'warn', msg: 'odd' });
    log({ level: 'info', msg: 'usual' });
    view.gatewayLine('Error: not JSON');
    expect(lines).toEqual(['warn: odd', 'Error: not JSON']);
  });
});
