import { describe, expect, test } from 'vitest';
import {
  bodySignature,
  standardSignature,
  timestampedSignature,
} from '../../shared/signing/signatures.ts';
import vectors from '../fixtures/vectors.json' with { type: 'json' };
import { currentSecret, secretOf } from './samples.ts';

const shared = (text: string) => {
  const secret = secretOf(text);
  if (secret.kind === 'hex') throw new Error('a key of another scheme');
  return secret;
};

describe('signatures of published vectors', () => {
  test('S-066 S-070 t=,v1= with the current secret, then the previous one', () => {
    for (const { secret, previousSecret, timestamp, body, header } of vectors.timestampedV1) {
      const message = { timestampSeconds: timestamp, body };
      expect(timestampedSignature([secret, previousSecret], message)).toBe(header);
      expect(timestampedSignature([secret], message)).toBe(header.split(',').slice(0, 2).join(','));
    }
  });

  test('S-067 the hex of the body', () => {
    for (const { secret, body, signature } of vectors.bodyHmacSha256Hex) {
      expect(bodySignature(secret, body)).toBe(signature);
    }
  });

  test('S-066 Standard Webhooks v1', () => {
    expect.assertions(vectors.standardWebhooksV1.length);
    for (const { secret, id, timestamp, body, signature } of vectors.standardWebhooksV1) {
      const message = { id, timestampSeconds: timestamp, body };
      expect(standardSignature([shared(secret)], message)).toBe(signature);
    }
  });

  test('S-066 Standard Webhooks v1a, alone and beside v1', () => {
    for (const { secretKey, id, timestamp, body, signature } of vectors.standardWebhooksV1a) {
      const message = { id, timestampSeconds: timestamp, body };
      expect(standardSignature([shared(secretKey)], message)).toBe(signature);
      const mixed = standardSignature([shared(secretKey), shared(currentSecret)], message);
      expect(mixed).toMatch(/^v1a,\S{88} v1,\S{44}$/);
    }
  });
});

describe('what cannot be signed', () => {
  const secrets = [shared(currentSecret)];
  const message = { id: 'evt_1', timestampSeconds: 1, body: '' };

  test.for(['', 'evt.1'])('the id "%s"', (id) => {
    expect(() => standardSignature(secrets, { ...message, id })).toThrow(TypeError);
  });

  test.for([1.5, -1, Number.NaN, 2 ** 60])('the time %s', (timestampSeconds) => {
    expect(() => standardSignature(secrets, { ...message, timestampSeconds })).toThrow(TypeError);
    expect(() => timestampedSignature(['k'], { ...message, timestampSeconds })).toThrow(TypeError);
  });
});
