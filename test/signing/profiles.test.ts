import { createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import {
  acceptsSecret,
  carriesType,
  renderBody,
  secretKindOf,
  signatureProfiles,
  signHeaders,
  takesHeaderName,
} from '../../shared/signing/profiles.ts';
import { makeSigningKeyPair } from '../../shared/signing/secrets.ts';
import {
  currentSecret,
  hexSecret,
  makeAttempt,
  makeEvent,
  previousSecret,
  secretOf,
  sentAtSeconds,
} from './samples.ts';

const hex = (key: string, text: string): string =>
  createHmac('sha256', key).update(text).digest('hex');
const base64 = (secret: string, text: string): string =>
  createHmac('sha256', Buffer.from(secret.slice(6), 'base64'))
    .update(text)
    .digest('base64');

describe('a request of the default profile', () => {
  const { headers, body } = makeAttempt();

  test('S-056 S-101 is JSON with the id, type, version, time, data and resource of the event', () => {
    expect(JSON.parse(body)).toEqual({
      id: 'evt_0197736c5b7c7a31b1d4f0a7c9e21b55',
      type: 'ticket.created',
      schema_version: '1',
      created_at: '2025-06-15T15:06:31.250Z',
      data: { ticketId: '5d0f9b1e-3f7a-4c57-9d46-2c1a8e7f6b03', subject: 'Drucker brennt 🔥' },
      resource: { type: 'ticket', id: '5d0f9b1e-3f7a-4c57-9d46-2c1a8e7f6b03' },
    });
  });

  test('S-064 has the receipt when the event has one', () => {
    const receipt = { blockNumber: 71_220_034, transactionHash: `0x${'ab'.repeat(32)}` };
    expect(JSON.parse(renderBody('standard', makeEvent({ receipt }))).receipt).toEqual(receipt);
  });

  test('S-056 S-066 carries what identifies it, and the signatures of both schemes', () => {
    expect(headers).toEqual({
      'Content-Type': 'application/json',
      'User-Agent': 'Tidegate-Webhooks/1',
      'X-Tidegate-Event-Id': 'evt_0197736c5b7c7a31b1d4f0a7c9e21b55',
      'X-Tidegate-Delivery-Id': 'whd_0197736c5c017d8d9a34c1d7be1f6a10',
      'X-Tidegate-Event-Type': 'ticket.created',
      'X-Tidegate-Schema-Version': '1',
      'X-Tidegate-Attempt': '1',
      'X-Tidegate-Timestamp': '2025-06-15T15:06:31.250Z',
      'webhook-id': 'evt_0197736c5b7c7a31b1d4f0a7c9e21b55',
      'webhook-timestamp': '1750000000',
      'webhook-signature': `v1,${base64(currentSecret, `evt_0197736c5b7c7a31b1d4f0a7c9e21b55.1750000000.${body}`)}`,
      'X-Tidegate-Signature': `t=1750000000,v1=${hex(currentSecret, `1750000000.${body}`)}`,
    });
  });

  test('S-056 differs on later attempts by number, time of sending and signatures only', () => {
    const later = makeAttempt({ attempt: 4, timestampSeconds: sentAtSeconds + 4_860, body });
    const changed = Object.keys(headers).filter((name) => headers[name] !== later.headers[name]);
    expect(changed).toEqual([
      'X-Tidegate-Attempt',
      'webhook-timestamp',
      'webhook-signature',
      'X-Tidegate-Signature',
    ]);
    expect(later.headers).toMatchObject({
      'X-Tidegate-Attempt': '4',
      'webhook-timestamp': '1750004860',
    });
  });

  test('S-070 is signed with both secrets during a rotation, the current one first', () => {
    const rotating = makeAttempt({ secrets: [currentSecret, previousSecret] });
    const previous = makeAttempt({ secrets: [previousSecret] });
    const name = 'X-Tidegate-Signature';
    const [, previousValue] = (previous.headers[name] ?? '').split(',');
    expect(rotating.headers[name]).toBe(`${headers[name]},${previousValue}`);
    const standard = 'webhook-signature';
    expect(rotating.headers[standard]).toBe(`${headers[standard]} ${previous.headers[standard]}`);
  });

  test('S-070 signs with a key pair and a shared secret while an endpoint moves between them', () => {
    const { secretKey } = makeSigningKeyPair();
    const moving = makeAttempt({ profile: 'standard_v1a', secrets: [secretKey, currentSecret] });
    const alone = makeAttempt({ profile: 'standard_v1a', secrets: [secretKey] });
    expect(moving.headers['webhook-signature']).toMatch(/^v1a,\S{88} v1,\S{44}$/);
    expect(moving.headers).toHaveProperty('X-Tidegate-Signature');
    expect(alone.headers['webhook-signature']).toMatch(/^v1a,\S{88}$/);
    expect(alone.headers).not.toHaveProperty('X-Tidegate-Signature');
  });

  test('S-100 a payload of 50 KB comes back unchanged', () => {
    const data = { text: '\u2028"\\\n\u0000é🔥'.repeat(6_000), deep: [[{ n: 1.5e-7, no: null }]] };
    expect(JSON.parse(renderBody('standard', makeEvent({ data }))).data).toEqual(data);
  });
});

describe('a signature over the body', () => {
  test.for([
    ['body_sha256', 'X-Tidegate-Signature-256', 'sha256='],
    ['body_hex', 'X-Tidegate-Body-Signature', ''],
  ] as const)('S-067 %s stands under its own header or a chosen one', ([profile, name, prefix]) => {
    const attempt = makeAttempt({ profile, secrets: [hexSecret] });
    const wanted = prefix + hex(hexSecret, attempt.body);
    expect(attempt.headers[name]).toBe(wanted);
    expect(attempt.body).toBe(makeAttempt().body);
    const renamed = makeAttempt({ profile, secrets: [hexSecret], headerName: 'X-Signature' });
    expect(renamed.headers['X-Signature']).toBe(wanted);
    expect(renamed.headers).not.toHaveProperty(name);
  });

  test('S-070 is made with the newest secret alone during a rotation', () => {
    const options = { profile: 'body_hex', secrets: [hexSecret] } as const;
    const rotating = { ...options, secrets: [hexSecret, previousSecret] };
    expect(makeAttempt(rotating)).toEqual(makeAttempt(options));
  });

  test('S-067 cannot take the place of another header', () => {
    const refused = [
      ['', 'a b', 'x:y', 'X-Ünsigned', 'X\r\nHost', 'x'.repeat(65), '-x'],
      ['content-type', 'Host', 'X-Tidegate-Event-Id', 'Content-Length', 'cookie'],
    ];
    for (const name of refused.flat()) expect(takesHeaderName('body_hex', name), name).toBe(false);
    expect(takesHeaderName('body_sha256', 'X-Hub-Signature-256')).toBe(true);
    expect(takesHeaderName('standard', 'X-Hub-Signature-256')).toBe(false);
  });
});

describe('every profile', () => {
  const event = makeEvent({ type: 'email.received', data: {} });

  test.for(signatureProfiles)(
    'S-056 %s says which event, delivery and attempt it is',
    (profile) => {
      const { secretKey } = makeSigningKeyPair();
      const secrets = { whsec: currentSecret, hex: hexSecret, ed25519: secretKey };
      const secret = secrets[secretKindOf(profile)];
      const { headers } = makeAttempt({ profile, secrets: [secret], event, attempt: 3 });
      expect(headers).toMatchObject({
        'Content-Type': 'application/json',
        'User-Agent': expect.stringMatching(/\S/),
        'X-Tidegate-Event-Id': event.id,
        'X-Tidegate-Delivery-Id': 'whd_0197736c5c017d8d9a34c1d7be1f6a10',
        'X-Tidegate-Event-Type': 'email.received',
        'X-Tidegate-Schema-Version': '1',
        'X-Tidegate-Attempt': '3',
        'X-Tidegate-Timestamp': event.createdAt,
      });
      const names = Object.keys(headers).map((name) => name.toLowerCase());
      expect(new Set(names).size).toBe(names.length);
      for (const value of Object.values(headers)) expect(value).toMatch(/^[\x20-\x7e]+$/);
    },
  );

  test.for(signatureProfiles)('S-062 %s signs nothing without a secret it can use', (profile) => {
    const usable = [currentSecret, hexSecret, makeSigningKeyPair().secretKey].map(secretOf);
    const unusable = usable.filter((secret) => !acceptsSecret(profile, secret));
    expect(unusable).toHaveLength(1);
    const request = {
      profile,
      body: '{}',
      event,
      deliveryId: 'whd_1',
      endpointId: 'wh_1',
      attempt: 1,
      timestampSeconds: sentAtSeconds,
    };
    expect(() => signHeaders({ ...request, secrets: unusable })).toThrow(TypeError);
    expect(() => signHeaders({ ...request, secrets: [] })).toThrow(TypeError);
  });

  test('carries every type, but the single-URL mode received mails only', () => {
    for (const profile of signatureProfiles) {
      expect(carriesType(profile, 'email.received')).toBe(true);
      expect(carriesType(profile, 'ticket.created')).toBe(profile !== 'e2a_legacy');
    }
    expect(() => renderBody('e2a_legacy', makeEvent())).toThrow(TypeError);
  });
});
