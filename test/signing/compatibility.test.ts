/**
 * S-065: what each source system's receivers get. Bodies are written out, and signatures computed here
 * the way those receivers compute them, apart from the code under test.
 */
import { createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import {
  currentSecret,
  hexSecret,
  makeAttempt,
  makeEvent,
  previousSecret,
  type AttemptOptions,
} from './samples.ts';

const hmac = (key: string, text: string): string =>
  createHmac('sha256', key).update(text, 'utf8').digest('hex');

/** The headers that are those of the source; ours stand beside them in every profile. */
function sourceHeaders(options: AttemptOptions): Record<string, string> {
  const { headers } = makeAttempt(options);
  const own = Object.entries(headers).filter(([name]) => !name.startsWith('X-Tidegate-'));
  return Object.fromEntries(own);
}

const timed = (body: string, ...keys: readonly string[]): string =>
  ['t=1750000000', ...keys.map((key) => `v1=${hmac(key, `1750000000.${body}`)}`)].join(',');

const json = { 'Content-Type': 'application/json' };
const ours = { ...json, 'User-Agent': 'Tidegate-Webhooks/1' };

describe('S-065 opencom', () => {
  const options = { profile: 'opencom', event: makeEvent({ data: { channel: 'chat' } }) } as const;
  const body =
    '{"eventType":"ticket.created","resourceType":"ticket","resourceId":"5d0f9b1e-3f7a-4c57-9d46-2c1a8e7f6b03","data":{"channel":"chat"},"timestamp":1749999991250}';

  test('has a flat body with the time in milliseconds', () => {
    expect(makeAttempt(options).body).toBe(body);
  });

  test('has its signature, ids and time of sending', () => {
    expect(sourceHeaders(options)).toEqual({
      ...ours,
      'X-Opencom-Signature': timed(body, currentSecret),
      'X-Opencom-Event-Id': 'evt_0197736c5b7c7a31b1d4f0a7c9e21b55',
      'X-Opencom-Delivery-Id': 'whd_0197736c5c017d8d9a34c1d7be1f6a10',
      'X-Opencom-Timestamp': '1750000000',
    });
  });
});

describe('S-065 exa', () => {
  const receipt = { blockNumber: 71_220_034, transactionHash: `0x${'ab'.repeat(32)}` };
  const event = makeEvent({ type: 'transaction.created', data: { id: 'p1', type: 'spend' } });
  const options = { profile: 'exa', secrets: [hexSecret] } as const;

  test('names resource and action, with the receipt where there is one', () => {
    expect(makeAttempt({ ...options, event: { ...event, receipt } }).body).toBe(
      `{"id":"evt_0197736c5b7c7a31b1d4f0a7c9e21b55","timestamp":"2025-06-15T15:06:31.250Z","resource":"transaction","action":"created","receipt":{"blockNumber":71220034,"transactionHash":"${receipt.transactionHash}"},"body":{"id":"p1","type":"spend"}}`,
    );
    expect(makeAttempt({ ...options, event }).body).not.toContain('receipt');
  });

  test('has the bare hex of the body', () => {
    const { body } = makeAttempt({ ...options, event });
    const wanted = { ...ours, Signature: hmac(hexSecret, body) };
    expect(sourceHeaders({ ...options, event })).toEqual(wanted);
    const rotating = { ...options, secrets: [hexSecret, previousSecret], event };
    expect(sourceHeaders(rotating)).toEqual(wanted);
  });
});

describe('S-065 S-096 DevCard', () => {
  const data = { cardId: 'card_7', viewerId: 'user_9', source: 'qr' };
  const event = makeEvent({ type: 'card.viewed', data });
  const options = { profile: 'devcard', secrets: [hexSecret], event } as const;
  const body =
    '{"event":"card.viewed","cardId":"card_7","viewerId":"user_9","source":"qr","timestamp":"2025-06-15T15:06:31.250Z"}';

  test('has five members, null where a view has no card or viewer', () => {
    expect(makeAttempt(options).body).toBe(body);
    const bare = makeEvent({ type: 'card.viewed', data: { source: 'link' } });
    expect(makeAttempt({ ...options, event: bare }).body).toBe(
      '{"event":"card.viewed","cardId":null,"viewerId":null,"source":"link","timestamp":"2025-06-15T15:06:31.250Z"}',
    );
  });

  test('keeps event and timestamp those of the event', () => {
    const clash = makeEvent({ type: 'contact.saved', data: { event: 'x', timestamp: 1, id: 4 } });
    expect(makeAttempt({ ...options, event: clash }).body).toBe(
      '{"event":"contact.saved","id":4,"timestamp":"2025-06-15T15:06:31.250Z"}',
    );
  });

  test('has sha256= and the hex of the body', () => {
    expect(sourceHeaders(options)).toEqual({
      ...ours,
      'X-DevCard-Signature': `sha256=${hmac(hexSecret, body)}`,
    });
  });
});

describe('S-065 alga', () => {
  const options = { profile: 'alga', event: makeEvent({ data: { n: 1 } }), attempt: 2 } as const;
  const body =
    '{"event_id":"evt_0197736c5b7c7a31b1d4f0a7c9e21b55","event_type":"ticket.created","occurred_at":"2025-06-15T15:06:31.250Z","tenant_id":"3f2a1b2f3a4b","data":{"n":1}}';

  test('has its envelope', () => {
    expect(makeAttempt(options).body).toBe(body);
  });

  test('has its signature, ids, type and attempt', () => {
    expect(sourceHeaders(options)).toEqual({
      ...ours,
      'X-Alga-Signature': timed(body, currentSecret),
      'X-Alga-Webhook-Id': 'wh_01977360aa0179b2a6f3e1c5d4b7a898',
      'X-Alga-Event-Id': 'evt_0197736c5b7c7a31b1d4f0a7c9e21b55',
      'X-Alga-Event-Type': 'ticket.created',
      'X-Alga-Delivery-Id': 'whd_0197736c5c017d8d9a34c1d7be1f6a10',
      'X-Alga-Delivery-Attempt': '2',
    });
  });
});

describe('S-065 e2a', () => {
  const event = makeEvent({ type: 'email.sent', data: { message_id: 'msg_1' } });
  const options = { profile: 'e2a', event } as const;
  const body =
    '{"type":"email.sent","id":"evt_0197736c5b7c7a31b1d4f0a7c9e21b55","schema_version":"1","created_at":"2025-06-15T15:06:31.250Z","data":{"message_id":"msg_1"}}';

  test('has its envelope', () => {
    expect(makeAttempt(options).body).toBe(body);
  });

  test('S-070 has its signature with each secret, its agent, type and version', () => {
    expect(sourceHeaders({ ...options, secrets: [currentSecret, previousSecret] })).toEqual({
      ...json,
      'User-Agent': 'e2a-webhooks/1',
      'X-E2A-Signature': timed(body, currentSecret, previousSecret),
      'X-E2A-Event-Type': 'email.sent',
      'X-E2A-Schema-Version': '1',
    });
  });
});

describe('S-065 the single-URL mode of e2a', () => {
  const auth = { 'X-E2A-Auth-Verified': 'true', 'X-E2A-Auth-Sender': 'ada@example.com' };
  const mail = {
    message_id: 'msg_1',
    conversation_id: 'conv_1',
    from: 'ada@example.com',
    to: ['bot@agents.example'],
    cc: [],
    reply_to: [],
    recipient: 'bot@agents.example',
    subject: 'not part of it',
    raw_message: 'RnJvbTogYWRh',
    auth_headers: auth,
    received_at: '2025-06-15T15:06:30.000Z',
  };
  const eventWith = (data: Record<string, unknown>) => makeEvent({ type: 'email.received', data });
  const options = { profile: 'e2a_legacy', event: eventWith(mail) } as const;
  const body =
    '{"message_id":"msg_1","conversation_id":"conv_1","from":"ada@example.com","to":["bot@agents.example"],"cc":[],"reply_to":[],"recipient":"bot@agents.example","raw_message":"RnJvbTogYWRh","auth_headers":{"X-E2A-Auth-Verified":"true","X-E2A-Auth-Sender":"ada@example.com"},"received_at":"2025-06-15T15:06:30.000Z"}';

  test('has its own payload', () => {
    expect(makeAttempt(options).body).toBe(body);
  });

  test('has every member, null where the mail has none', () => {
    const { body: bare } = makeAttempt({ ...options, event: eventWith({ message_id: 'msg_2' }) });
    expect(JSON.parse(bare)).toEqual({
      message_id: 'msg_2',
      conversation_id: null,
      from: null,
      to: null,
      cc: null,
      reply_to: null,
      recipient: null,
      raw_message: null,
      auth_headers: null,
      received_at: '2025-06-15T15:06:31.250Z',
    });
  });

  test('announces its end, forwards the authentication and is signed', () => {
    expect(sourceHeaders(options)).toEqual({
      ...json,
      ...auth,
      'User-Agent': 'e2a-webhooks/1',
      'X-E2A-Signature': timed(body, currentSecret),
      'X-E2A-Deprecation': expect.stringContaining('deprecated'),
      Sunset: 'Tue, 01 Dec 2026 00:00:00 GMT',
    });
    expect(new Date('Tue, 01 Dec 2026 00:00:00 GMT').toUTCString()).toBe(
      'Tue, 01 Dec 2026 00:00:00 GMT',
    );
  });

  test('forwards no other header, no header twice and nothing that would break one', () => {
    const event = eventWith({
      ...mail,
      auth_headers: {
        Host: 'internal',
        'Content-Type': 'text/html',
        'X-E2A-Signature': 't=1,v1=00',
        'X-E2A-Auth-A b': 'x',
        'X-E2A-Auth-Line': 'a\r\nHost: internal',
        'X-E2A-Auth-Object': {},
        'X-E2A-Auth-Twice': 'one',
        'x-e2a-auth-twice': 'two',
      },
    });
    const plain = sourceHeaders({ ...options, event: eventWith({ ...mail, auth_headers: null }) });
    const headers = sourceHeaders({ ...options, event });
    expect(headers).toEqual({
      ...plain,
      'X-E2A-Signature': expect.stringMatching(/^t=1750000000,v1=/),
      'x-e2a-auth-twice': 'two',
    });
  });
});
