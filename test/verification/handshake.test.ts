import { createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { answerHandshake, type HandshakeAnswer } from '../../shared/verification/handshake.ts';
import type { VerifiableRequest, VerificationKey } from '../../shared/verification/types.ts';
import { verifyRequest } from '../../shared/verification/verify.ts';
import senders from '../fixtures/sender-vectors.json' with { type: 'json' };
import { keysFor, presetOf, signAs } from '../support/preset-harness.ts';
import { makeKey, makeRequest, withHeaders } from '../support/verifiable-request.ts';

const nowMs = 1_700_000_000_000;
const address = 'https://gw.example.test/in/acme/src';

function withHandshake(id: string) {
  const preset = presetOf(id);
  if (preset.handshake === null) throw new Error(`${id} has no handshake`);
  return { ...preset, handshake: preset.handshake };
}

/** Verifies and answers a request as the receiver does; GET and HEAD are not verified. */
function answer(
  id: string,
  request: VerifiableRequest,
  keys: readonly VerificationKey[] = [makeKey(keysFor(presetOf(id)).own.stored)],
): HandshakeAnswer | undefined {
  const { handshake, verifier } = withHandshake(id);
  const verification =
    request.method === 'POST' ? verifyRequest({ verifier, request, keys, nowMs }) : undefined;
  let parsedBody: unknown;
  try {
    parsedBody = JSON.parse(request.body.toString());
  } catch {
    parsedBody = undefined;
  }
  return answerHandshake({ handshake, request, keys, verification, parsedBody });
}

const get = (query: string, headers: Record<string, string> = {}) =>
  makeRequest({ method: 'GET', url: address + query, headers });
const post = (body: object, headers: Record<string, string> = {}, query = '') =>
  makeRequest({ url: address + query, body: JSON.stringify(body), headers });
const signed = (id: string, body: object, headers: Record<string, string> = {}) =>
  signAs(presetOf(id), post(body, headers));

describe('a challenge that is signed', () => {
  test.for([
    ['slack', { type: 'url_verification', challenge: '3eZbrw1aB' }, {}, '3eZbrw1aB'],
    [
      'twitch',
      { challenge: 'pogchamp-kappa-360noscope' },
      { 'Twitch-Eventsub-Message-Type': 'webhook_callback_verification' },
      'pogchamp-kappa-360noscope',
    ],
    [
      'front',
      { type: 'sync', authorization: { id: 'cmp_abc' } },
      { 'X-Front-Challenge': 'random-text' },
      'random-text',
    ],
  ] as const)(
    'of %s is given back as text, and only with its signature',
    ([id, body, headers, text]) => {
      const request = signed(id, body, headers);
      expect(answer(id, request)).toEqual({
        status: 200,
        headers: {
          'content-type': 'text/plain; charset=utf-8',
          'x-content-type-options': 'nosniff',
          'cache-control': 'no-store',
        },
        body: text,
      });
      expect(answer(id, post(body, headers))).toBeUndefined();
      expect(
        answer(id, { ...request, body: Buffer.from(`${request.body.toString()} `) }),
      ).toBeUndefined();
    },
  );

  test('an event is not a challenge', () => {
    expect(
      answer('slack', signed('slack', { type: 'event_callback', challenge: 'x' })),
    ).toBeUndefined();
    expect(answer('twitch', signed('twitch', { challenge: 'x' }))).toBeUndefined();
  });

  test.for([
    ['discord', { type: 0 }, 204, ''],
    ['discord-interactions', { type: 1 }, 200, '{"type":1}'],
    ['xero', { events: [], firstEventSequence: 0, lastEventSequence: 0, entropy: 'x' }, 200, ''],
  ] as const)(
    'the ping of %s is answered, and only with its signature',
    ([id, body, status, text]) => {
      expect(answer(id, signed(id, body))).toMatchObject({ status, body: text });
      expect(answer(id, post(body))).toBeUndefined();
      expect(answer(id, signed(id, { ...body, type: '0', lastEventSequence: 7 }))).toBeUndefined();
    },
  );
});

describe('a challenge that is not signed', () => {
  const keys = [makeKey('the app secret of this app'), makeKey('the verify token', 'verify_token')];

  test('Meta gets its challenge for the verify token of the hook', () => {
    const ask = (token: string, mode = 'subscribe', own = keys) =>
      answer(
        'meta',
        get(
          `?hub.mode=${mode}&hub.verify_token=${encodeURIComponent(token)}&hub.challenge=1158201444`,
        ),
        own,
      );
    expect(ask('the verify token')).toMatchObject({ status: 200, body: '1158201444' });
    expect(ask('another token')).toBeUndefined();
    expect(ask('the app secret of this app')).toBeUndefined();
    expect(ask('the verify token', 'unsubscribe')).toBeUndefined();
    expect(ask('', 'subscribe', [])).toBeUndefined();
    expect(ask('short', 'subscribe', [makeKey('short', 'verify_token')])).toBeUndefined();
  });

  test('Microsoft Graph gets its validation token, decoded, as text', () => {
    const token = 'Validation: Testing client application reachability, Request-Id: 2f9a';
    const request = post({}, {}, `?validationToken=${encodeURIComponent(token)}`);
    expect(answer('microsoft-graph', request)).toMatchObject({ status: 200, body: token });
  });

  test('Dropbox, Okta and Smartsheet get theirs where they look for it', () => {
    expect(answer('dropbox', get('?challenge=abc123'))?.body).toBe('abc123');
    expect(answer('okta', get('', { 'x-okta-verification-challenge': 'abc123' }))).toMatchObject({
      headers: { 'content-type': 'application/json; charset=utf-8' },
      body: '{"verification":"abc123"}',
    });
    expect(
      answer(
        'smartsheet',
        post({ challenge: 'abc123' }, { 'Smartsheet-Hook-Challenge': 'abc123' }),
      ),
    ).toMatchObject({ status: 200, headers: { 'smartsheet-hook-response': 'abc123' }, body: '' });
  });

  test.for(['trello', 'mandrill', 'intercom'])('%s gets 200 to a HEAD request', (id) => {
    expect(answer(id, makeRequest({ method: 'HEAD' }))).toMatchObject({ status: 200, body: '' });
    expect(answer(id, makeRequest({ method: 'GET' }))).toBeUndefined();
  });

  test.for([
    ['a line break', 'a\r\nset-cookie: x=1'],
    ['a control character', 'a\u0000'],
    ['letters beyond ASCII', 'ä'],
    ['nothing', ''],
    ['a text without end', 'a'.repeat(1_025)],
  ] as const)('%s is not given back', ([, text]) => {
    const query = encodeURIComponent(text);
    expect(answer('dropbox', get(`?challenge=${query}`))).toBeUndefined();
    expect(answer('microsoft-graph', post({}, {}, `?validationToken=${query}`))).toBeUndefined();
    expect(answer('smartsheet', post({}, { 'smartsheet-hook-challenge': text }))).toBeUndefined();
  });

  test('two values leave nothing to give back', () => {
    expect(answer('dropbox', get('?challenge=a&challenge=b'))).toBeUndefined();
  });
});

describe('a text to be signed', () => {
  const keys = [makeKey('test_secret_do_not_use')];
  const ask = (plainToken: unknown, own = keys) =>
    answer('zoom', post({ event: 'endpoint.url_validation', payload: { plainToken } }), own);

  test('of Zoom is signed in hex beside the text', () => {
    const encryptedToken = '50852d5fc4a5359786c1d270a171fba8577422fc9c3dc633e3b2e037a4159f7a';
    expect(JSON.parse(ask('plain_abc123')?.body ?? '')).toEqual({
      plainToken: 'plain_abc123',
      encryptedToken,
    });
  });

  test('of X is signed in base64', () => {
    const mac = createHmac('sha256', 'test_secret_do_not_use')
      .update('crc-token_1')
      .digest('base64');
    const body = answer('x', get('?crc_token=crc-token_1'), keys)?.body ?? '';
    expect(JSON.parse(body)).toEqual({ response_token: `sha256=${mac}` });
  });

  test.for([
    ['the signed text of an event', 'v0:1700000000:{}'],
    ['a document', '{"id":1}'],
    ['a blank', 'a b'],
    ['a full stop', '1700000000.x'],
    ['more than 64 characters', 'a'.repeat(65)],
    ['nothing', ''],
  ] as const)('is not signed when it is %s', ([, text]) => {
    expect(ask(text)).toBeUndefined();
    const query = `?crc_token=${encodeURIComponent(text)}`;
    expect(answer('x', get(query), keys)).toBeUndefined();
  });

  test('is not signed when it is no text', () => {
    expect(ask({ a: 1 })).toBeUndefined();
    expect(ask(['plain_abc123'])).toBeUndefined();
  });

  test('is not signed without a key, or with one that is too short', () => {
    expect(ask('plain_abc123', [])).toBeUndefined();
    expect(ask('plain_abc123', [makeKey('short')])).toBeUndefined();
  });

  test('cannot be turned into a signature of a request', () => {
    const zoom = senders.ours.find(({ preset }) => preset === 'zoom');
    expect(ask(`v0:${zoom?.nowSeconds}:${zoom?.body}`)).toBeUndefined();
  });
});

describe('a key that the sender chooses', () => {
  const secret = 'b537207f20cbfa02357cf448134da559e8bd39d61597dcd5631b8012eae53e81';
  const ask = (keys: VerificationKey[], text = secret) =>
    answer('asana', post({}, { 'X-Hook-Secret': text }), keys);

  test('of Asana is stored and given back while the hook has none', () => {
    expect(ask([])).toMatchObject({
      status: 200,
      headers: { 'x-hook-secret': secret },
      storeKey: { slot: 'default', material: secret },
    });
  });

  test('S-013 is not taken in place of a key, and not when it is too short', () => {
    expect(ask([makeKey('a key that is there already')])).toBeUndefined();
    expect(ask([], 'short')).toBeUndefined();
    expect(ask([], 'with a blank, and so no token')).toBeUndefined();
  });

  test('signs what follows', () => {
    const body = '{"events":[]}';
    const mac = createHmac('sha256', secret).update(body).digest('hex');
    const request = withHeaders(makeRequest({ body }), { 'x-hook-signature': mac });
    const { verifier } = presetOf('asana');
    expect(verifyRequest({ verifier, request, keys: [makeKey(secret)], nowMs }).ok).toBe(true);
  });
});

test('a handshake says which methods it answers', () => {
  expect(withHandshake('meta').handshake.methods).toEqual(['GET']);
  expect(
    answer('meta', makeRequest({ method: 'POST', url: `${address}?hub.mode=subscribe` })),
  ).toBeUndefined();
  expect(
    answer('okta', makeRequest({ headers: { 'x-okta-verification-challenge': 'a' } })),
  ).toBeUndefined();
});
