import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { bearer, hmacSha256, ipAllowlist } from '../../shared/presets/classic.ts';
import type { Verifier } from '../../shared/schemas/verifier.ts';
import { checkKeyMaterial } from '../../shared/verification/key-material.ts';
import { presetOf } from '../support/preset-harness.ts';

const verifierOf = (id: string): Verifier => presetOf(id).verifier;

/** `ok`, or the reason. */
function check(verifier: Verifier, text: string, slot = 'default'): string {
  const result = checkKeyMaterial(verifier, slot, text);
  return result.ok ? 'ok' : result.reason;
}

const base64 = (bytes: number) => Buffer.alloc(bytes, 1).toString('base64');

describe('a secret', () => {
  test.for([
    ['0123456789abcdef', 'ok'],
    ['0123456789abcde', 'too_short'],
    ['', 'too_short'],
    [' '.repeat(32), 'too_short'],
    ['short\n'.padEnd(32, '\n'), 'too_short'],
    ['ü'.repeat(8), 'too_short'],
    ['a'.repeat(8_193), 'too_long'],
  ] as const)('S-013 of text %j is %s', ([text, result]) => {
    expect(check(hmacSha256({ signatureHeader: 'X-Sig' }), text)).toBe(result);
    expect(check(bearer(), text)).toBe(result);
  });

  test.for([
    [`whsec_${base64(24)}`, 'ok'],
    [base64(24), 'ok'],
    [`whsec_${base64(64)}`, 'ok'],
    [`whsec_${base64(23)}`, 'wrong_length'],
    [`whsec_${base64(65)}`, 'wrong_length'],
    ['whsec_', 'too_short'],
    ['whsec_!!', 'not_base64'],
    [`whsec_${base64(32).slice(0, -2)}!=`, 'not_base64'],
    [`whsec_${base64(32)}\n`, 'not_base64'],
    [`whsec_${base64(25).replace('==', '').slice(0, -1)}B`, 'not_base64'],
  ] as const)('S-013 of Standard Webhooks %j is %s', ([text, result]) => {
    expect(check(verifierOf('standard-webhooks'), text)).toBe(result);
  });

  test.for([
    ['ab'.repeat(32), 'ok'],
    ['AB'.repeat(32), 'ok'],
    ['ab'.repeat(15), 'too_short'],
    ['ab'.repeat(32).slice(1), 'not_hex'],
    ['xy'.repeat(32), 'not_hex'],
  ] as const)('S-013 in hex %j is %s', ([text, result]) => {
    expect(check(verifierOf('adyen-platform'), text)).toBe(result);
  });
});

describe('a public key', () => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const der = publicKey.export({ type: 'spki', format: 'der' });
  const raw = der.subarray(-32);
  const p256 = generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).publicKey;
  const p384 = generateKeyPairSync('ec', { namedCurve: 'secp384r1' }).publicKey;
  const spki = (key: typeof p256) => key.export({ type: 'spki', format: 'der' }).toString('base64');
  const pem = (key: typeof p256) => key.export({ type: 'spki', format: 'pem' }).toString();

  test.for([
    raw.toString('hex'),
    raw.toString('base64'),
    `whpk_${raw.toString('base64')}`,
    der.toString('base64'),
    pem(publicKey),
  ])('of Ed25519 may be written as %s', (text) => {
    expect(check(verifierOf('discord'), text)).toBe('ok');
  });

  test.for([
    ['31 bytes', raw.subarray(1).toString('hex')],
    ['a text', 'not a key'],
    ['nothing', ''],
    ['a key of another kind', spki(p256)],
    ['a private key', privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()],
    ['the point zero', '00'.repeat(32)],
    ['the neutral point', `01${'00'.repeat(31)}`],
    ['the neutral point with a sign', `01${'00'.repeat(30)}80`],
    ['a point of order eight', '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05'],
  ] as const)('of Ed25519 may not be %s', ([, text]) => {
    expect(check(verifierOf('discord'), text)).toBe('not_a_public_key');
  });

  test('of P-256 may be SPKI in base64 or PEM, and no other curve', () => {
    expect(check(verifierOf('sendgrid'), spki(p256))).toBe('ok');
    expect(check(verifierOf('sendgrid'), pem(p256))).toBe('ok');
    expect(check(verifierOf('sendgrid'), spki(p384))).toBe('not_a_public_key');
    expect(check(verifierOf('sendgrid'), spki(publicKey))).toBe('not_a_public_key');
  });
});

describe('a slot', () => {
  test('that no check uses takes no key', () => {
    expect(check(bearer(), 'a token of enough length', 'other')).toBe('slot_unused');
    expect(check(ipAllowlist({ ipCidrs: ['192.0.2.1'] }), 'a token of enough length')).toBe(
      'slot_unused',
    );
  });

  test('that two checks share has to suit both', () => {
    const both: Verifier = { allOf: [verifierOf('adyen-platform'), bearer()] };
    expect(check(both, 'ab'.repeat(32))).toBe('ok');
    expect(check(both, 'a token of enough length')).toBe('not_hex');
  });
});
