/**
 * Fixed values, so that the formats are those of the senders and not only what our two halves agree
 * on: examples that senders publish, and values computed for one body with other tools. What has no
 * fixed value is computed here with node:crypto, apart from the code under test.
 */
import {
  createHmac,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  sign,
} from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { checksOf } from '../../shared/schemas/verifier.ts';
import { viewRequest } from '../../shared/verification/request-view.ts';
import { signRequest } from '../../shared/verification/sign.ts';
import { digestOf } from '../../shared/verification/secret-attempt.ts';
import { readSignatures } from '../../shared/verification/signature-candidates.ts';
import { signedContent } from '../../shared/verification/signed-content.ts';
import type { VerifiableRequest } from '../../shared/verification/types.ts';
import { verifyRequest } from '../../shared/verification/verify.ts';
import senders from '../fixtures/sender-vectors.json' with { type: 'json' };
import vectors from '../fixtures/vectors.json' with { type: 'json' };
import { presetOf } from '../support/preset-harness.ts';
import { makeKey, makeRequest } from '../support/verifiable-request.ts';

interface Vector {
  readonly preset: string;
  readonly key: string;
  readonly method: string;
  readonly url: string;
  readonly headers: object;
  readonly body: string;
  readonly nowSeconds: number;
}

const requestOf = ({ headers, ...rest }: Vector): VerifiableRequest =>
  makeRequest({ ...rest, headers: headers as Record<string, string> });

function judge(vector: Vector, request = requestOf(vector), key = vector.key) {
  const { verifier } = presetOf(vector.preset);
  const nowMs = vector.nowSeconds * 1_000;
  return verifyRequest({ verifier, request, keys: [makeKey(key)], nowMs });
}

describe('examples that senders publish', () => {
  const usable = senders.published.filter((vector) => !('isKeyTooShort' in vector));
  const tooShort = senders.published.filter((vector) => 'isKeyTooShort' in vector);

  test.for(usable.map((vector) => [vector.source, vector] as const))('S-008 %s', ([, vector]) => {
    expect(judge(vector).ok).toBe(true);
    expect(judge(vector, requestOf({ ...vector, body: `${vector.body} ` })).ok).toBe(false);
    expect(judge(vector, requestOf(vector), `${vector.key}.`).ok).toBe(false);
  });

  test.for(tooShort.map((vector) => [vector.source, vector] as const))(
    'S-013 %s: the signature is right, and the key of a few letters is refused',
    ([, vector]) => {
      const [check] = checksOf(presetOf(vector.preset).verifier);
      if (check?.scheme !== 'hmac') throw new Error('the preset is no HMAC');
      const view = viewRequest(requestOf(vector));
      const key = Buffer.from(vector.key);
      const texts = { timestamp: undefined, id: undefined };
      const pieces = signedContent({ check, view, texts })?.(key) ?? [];
      const { candidates } = readSignatures(check.signature, view, undefined);
      expect(candidates).toEqual([digestOf(check, key, pieces)]);
      const verification = judge(vector);
      expect(verification.ok).toBe(false);
      expect(verification.transcript[0]?.reason).toBe('key_unusable');
    },
  );
});

describe('one body, signed as each sender does', () => {
  test.for(senders.ours.map((vector) => [vector.preset, vector] as const))(
    'S-008 %s',
    ([, vector]) => {
      expect(judge(vector).ok).toBe(true);
      const changed = requestOf({ ...vector, body: vector.body.replace('1', '2') });
      expect(judge(vector, changed).ok).toBe(false);
    },
  );
});

describe('Standard Webhooks', () => {
  test.for(vectors.standardWebhooksV1)(
    'v1 of $id',
    ({ secret, id, timestamp, body, signature }) => {
      const request = makeRequest({
        body,
        headers: {
          'webhook-id': id,
          'webhook-timestamp': String(timestamp),
          'webhook-signature': signature,
        },
      });
      const { verifier } = presetOf('standard-webhooks');
      const nowMs = timestamp * 1_000;
      expect(verifyRequest({ verifier, request, keys: [makeKey(secret)], nowMs }).ok).toBe(true);
      const signed = signRequest({
        verifier,
        request: makeRequest({ body }),
        keyMaterial: { default: secret },
        nowMs,
        messageId: id,
      });
      expect(signed.headers['webhook-signature']).toBe(signature);
    },
  );

  test.for(vectors.standardWebhooksV1a)(
    'v1a of $id',
    ({ secretKey, publicKey, id, timestamp, body, signature }) => {
      const headers = {
        'webhook-id': id,
        'webhook-timestamp': String(timestamp),
        'webhook-signature': `v1,AAAA ${signature}`,
      };
      const { verifier } = presetOf('standard-webhooks-ed25519');
      const nowMs = timestamp * 1_000;
      const keys = [makeKey(publicKey)];
      expect(
        verifyRequest({ verifier, request: makeRequest({ body, headers }), keys, nowMs }).ok,
      ).toBe(true);
      const signed = signRequest({
        verifier,
        request: makeRequest({ body }),
        keyMaterial: { default: secretKey },
        nowMs,
        messageId: id,
      });
      expect(signed.headers['webhook-signature']).toBe(signature);
    },
  );

  test('an id with a full stop is refused, since it could move the border to the timestamp', () => {
    const [vector] = vectors.standardWebhooksV1;
    if (vector === undefined) throw new Error('the vector is missing');
    const { verifier } = presetOf('standard-webhooks');
    const key = Buffer.from(vector.secret.slice('whsec_'.length), 'base64');
    const mac = createHmac('sha256', key).update(`a.b.${vector.timestamp}.{}`).digest('base64');
    const request = makeRequest({
      body: '{}',
      headers: {
        'webhook-id': 'a.b',
        'webhook-timestamp': String(vector.timestamp),
        'webhook-signature': `v1,${mac}`,
      },
    });
    const verification = verifyRequest({
      verifier,
      request,
      keys: [makeKey(vector.secret)],
      nowMs: vector.timestamp * 1_000,
    });
    expect(verification.transcript[0]?.reason).toBe('message_id_malformed');
  });
});

describe('our own outbound signature', () => {
  const { verifier } = presetOf('tidegate');

  test.for(vectors.timestampedV1)(
    'is taken with the current and with the previous secret',
    ({ secret, previousSecret, timestamp, body, header }) => {
      const request = makeRequest({ body, headers: { 'X-Tidegate-Signature': header } });
      const nowMs = timestamp * 1_000;
      for (const key of [secret, previousSecret]) {
        expect(verifyRequest({ verifier, request, keys: [makeKey(key)], nowMs }).ok).toBe(true);
      }
      expect(
        verifyRequest({ verifier, request, keys: [makeKey('whsec_demo_somebody_else')], nowMs }).ok,
      ).toBe(false);
    },
  );
});

describe('formats computed with node:crypto', () => {
  const body = '{"id":"evt_1","n":9007199254740993}';
  const nowMs = 1_700_000_000_000;
  const secret = 'test_secret_do_not_use';

  test('SendGrid: ECDSA over P-256, DER in base64, over timestamp and body', () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
    const signature = sign('sha256', Buffer.from(`1700000000${body}`), privateKey).toString(
      'base64',
    );
    const request = makeRequest({
      body,
      headers: {
        'X-Twilio-Email-Event-Webhook-Signature': signature,
        'X-Twilio-Email-Event-Webhook-Timestamp': '1700000000',
      },
    });
    const { verifier } = presetOf('sendgrid');
    const der = publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
    const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
    for (const key of [der, pem]) {
      expect(verifyRequest({ verifier, request, keys: [makeKey(key)], nowMs }).ok).toBe(true);
    }
  });

  test('Telnyx: Ed25519 in base64 over timestamp, bar and body', () => {
    const seed = Buffer.from(Array.from({ length: 32 }, (_, index) => index));
    const privateKey = createPrivateKey({
      key: Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]),
      format: 'der',
      type: 'pkcs8',
    });
    const publicKey = createPublicKey(privateKey)
      .export({ type: 'spki', format: 'der' })
      .subarray(12);
    const signature = sign(null, Buffer.from(`1700000000|${body}`), privateKey).toString('base64');
    const request = makeRequest({
      body,
      headers: { 'telnyx-signature-ed25519': signature, 'telnyx-timestamp': '1700000000' },
    });
    const keys = [makeKey(publicKey.toString('base64'))];
    expect(verifyRequest({ verifier: presetOf('telnyx').verifier, request, keys, nowMs }).ok).toBe(
      true,
    );
  });

  test('Mailgun: HMAC of time and token, all of them in the body', () => {
    const token = 'a'.repeat(50);
    const signature = createHmac('sha256', secret).update(`1700000000${token}`).digest('hex');
    const request = makeRequest({
      body: JSON.stringify({
        signature: { timestamp: '1700000000', token, signature },
        'event-data': {},
      }),
    });
    const keys = [makeKey(secret)];
    expect(verifyRequest({ verifier: presetOf('mailgun').verifier, request, keys, nowMs }).ok).toBe(
      true,
    );
  });

  test('Linear: HMAC of the body, the time in the body', () => {
    const timedBody = JSON.stringify({ action: 'create', webhookTimestamp: nowMs });
    const signature = createHmac('sha256', secret).update(timedBody).digest('hex');
    const request = makeRequest({ body: timedBody, headers: { 'Linear-Signature': signature } });
    const { verifier } = presetOf('linear');
    const at = (time: number) =>
      verifyRequest({ verifier, request, keys: [makeKey(secret)], nowMs: time }).transcript[0]
        ?.reason;
    expect([at(nowMs), at(nowMs + 61_000), at(nowMs - 61_000)]).toEqual([
      'verified',
      'too_old',
      'too_new',
    ]);
  });

  test('Box: two keys, two headers, body before time', () => {
    const time = '2023-11-14T14:13:20-08:00';
    const mac = (key: string) =>
      createHmac('sha256', key)
        .update(body + time)
        .digest('base64');
    const request = makeRequest({
      body,
      headers: {
        'BOX-SIGNATURE-PRIMARY': mac('the primary key of this app'),
        'BOX-SIGNATURE-SECONDARY': mac('the secondary key of this app'),
        'BOX-DELIVERY-TIMESTAMP': time,
      },
    });
    for (const key of ['the primary key of this app', 'the secondary key of this app']) {
      expect(
        verifyRequest({ verifier: presetOf('box').verifier, request, keys: [makeKey(key)], nowMs })
          .ok,
      ).toBe(true);
    }
  });

  test('Authorize.Net: HMAC-SHA512 in upper case, the key as text or as the bytes of its digits', () => {
    const digits = 'ab'.repeat(64);
    for (const key of [digits, Buffer.from(digits, 'hex')]) {
      const mac = createHmac('sha512', key).update(body).digest('hex').toUpperCase();
      const request = makeRequest({ body, headers: { 'X-ANET-Signature': `sha512=${mac}` } });
      const keys = [makeKey(digits)];
      expect(
        verifyRequest({ verifier: presetOf('authorize-net').verifier, request, keys, nowMs }).ok,
      ).toBe(true);
    }
  });

  test('HubSpot v3 undoes some escapes of the address and leaves the others', () => {
    const url = 'https://gw.example.test/in/a/b?next=https%3A%2F%2Fx.test%2Fa%20b&at=%40';
    const decoded = 'https://gw.example.test/in/a/b?next=https://x.test/a%20b&at=@';
    const mac = createHmac('sha256', secret)
      .update(`POST${decoded}${body}${nowMs}`)
      .digest('base64');
    const request = makeRequest({
      url,
      body,
      headers: { 'X-HubSpot-Signature-v3': mac, 'X-HubSpot-Request-Timestamp': String(nowMs) },
    });
    const keys = [makeKey(secret)];
    expect(
      verifyRequest({ verifier: presetOf('hubspot-v3').verifier, request, keys, nowMs }).ok,
    ).toBe(true);
  });
});
