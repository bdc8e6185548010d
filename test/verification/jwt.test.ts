import { createHash, createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { verifyRequest } from '../../shared/verification/verify.ts';
import { presetOf } from '../support/preset-harness.ts';
import { makeKey, makeRequest } from '../support/verifiable-request.ts';

describe('a token with the hash of the body', () => {
  const body = '{"event":"room_started"}';
  const secret = 'the api secret of this server';
  const nowMs = 1_700_000_000_000;
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const sha256 = createHash('sha256').update(body).digest();

  function token(claims: object, header: object = { alg: 'HS256' }, key = secret): string {
    const content = `${part(header)}.${part(claims)}`;
    return `${content}.${createHmac('sha256', key).update(content).digest('base64url')}`;
  }
  const reasonOf = (presetId: string, headers: Record<string, string>): string | undefined =>
    verifyRequest({
      verifier: presetOf(presetId).verifier,
      request: makeRequest({ body, headers }),
      keys: [makeKey(secret)],
      nowMs,
    }).transcript[0]?.reason;
  const livekit = (text: string): string | undefined =>
    reasonOf('livekit', { authorization: text });
  const claims = { iss: 'APIkey', sha256: sha256.toString('base64'), exp: 1_700_000_300 };

  test('LiveKit, Netlify and Vonage are let in', () => {
    expect(livekit(token(claims))).toBe('verified');
    const netlify = token({ iss: 'netlify', sha256: sha256.toString('hex') });
    expect(reasonOf('netlify', { 'x-webhook-signature': netlify })).toBe('verified');
    const vonage = token({
      iss: 'Vonage',
      iat: 1_699_999_990,
      payload_hash: sha256.toString('hex'),
    });
    expect(reasonOf('vonage', { authorization: `Bearer ${vonage}` })).toBe('verified');
  });

  test.for([
    [
      'without a signature',
      (): string => `${token(claims, { alg: 'none' }).split('.').slice(0, 2).join('.')}.`,
      'token_malformed',
    ],
    ['that names no algorithm', () => token(claims, {}), 'token_malformed'],
    ['that names another algorithm', () => token(claims, { alg: 'HS512' }), 'token_malformed'],
    ['that names none but is signed', () => token(claims, { alg: 'none' }), 'token_malformed'],
    [
      'with a critical extension',
      () => token(claims, { alg: 'HS256', crit: ['exp'] }),
      'token_malformed',
    ],
    [
      'of another key',
      () => token(claims, { alg: 'HS256' }, 'the api secret of another'),
      'mismatch',
    ],
    [
      'of another body',
      () => token({ ...claims, sha256: Buffer.alloc(32).toString('base64') }),
      'body_digest_mismatch',
    ],
    ['without a hash', () => token({ exp: claims.exp }), 'body_digest_missing'],
    ['that has expired', () => token({ ...claims, exp: 1_699_999_939 }), 'too_old'],
    ['that is not yet valid', () => token({ ...claims, nbf: 1_700_000_301 }), 'too_new'],
    [
      'with a time that is no number',
      () => token({ ...claims, exp: 'never' }),
      'timestamp_malformed',
    ],
    ['of four parts', () => `${token(claims)}.x`, 'token_malformed'],
    ['that is none', (): string => 'x', 'token_malformed'],
  ] as const)('S-011 a token %s is refused', ([, make, reason]) => {
    expect(livekit(make())).toBe(reason);
  });

  test('a token of another issuer, or too old by its time of issue, is refused', () => {
    const sha = sha256.toString('hex');
    const netlify = (iss: string) =>
      reasonOf('netlify', { 'x-webhook-signature': token({ iss, sha256: sha }) });
    expect(netlify('somebody')).toBe('token_claim_wrong');
    const vonage = (iat: number | undefined) =>
      reasonOf('vonage', {
        authorization: `Bearer ${token({ iss: 'Vonage', iat, payload_hash: sha })}`,
      });
    expect(vonage(1_699_999_099)).toBe('too_old');
    expect(vonage(undefined)).toBe('timestamp_missing');
  });
});
