import { describe, expect, test } from 'vitest';
import { verifyHmacSha256 } from '../../shared/crypto/request-signature.ts';
import vectors from '../fixtures/vectors.json' with { type: 'json' };

const [vector] = vectors.bodyHmacSha256Hex;
if (vector === undefined) throw new Error('the vector is missing');
const body = Buffer.from(vector.body);
const secret = Buffer.from(vector.secret);

describe('hmac_sha256', () => {
  test.for([vector.signature, `sha256=${vector.signature}`, vector.signature.toUpperCase()])(
    'S-008 accepts %s',
    (header) => {
      expect(verifyHmacSha256(header, body, [secret])).toBe(true);
    },
  );

  test('S-008 accepts a signature of any of several live secrets', () => {
    expect(verifyHmacSha256(vector.signature, body, [Buffer.from('old'), secret])).toBe(true);
  });

  test.for([
    ['no header', undefined],
    ['an empty header', ''],
    ['one digit short', vector.signature.slice(1)],
    ['one digit changed', vector.signature.replace(/^0/, '1')],
    ['two signatures in one header', `${vector.signature}, ${vector.signature}`],
    ['another prefix', `sha1=${vector.signature}`],
    ['base64', Buffer.from(vector.signature, 'hex').toString('base64')],
  ] as const)('S-008 S-011 refuses %s', ([, header]) => {
    expect(verifyHmacSha256(header, body, [secret])).toBe(false);
  });

  test('refuses a body with one byte changed, and everything while there is no secret', () => {
    expect(verifyHmacSha256(vector.signature, Buffer.from(`${vector.body} `), [secret])).toBe(
      false,
    );
    expect(verifyHmacSha256(vector.signature, body, [])).toBe(false);
  });
});
