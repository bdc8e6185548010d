import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { signatureProfiles, makeSecretFor, secretKindOf } from '../../shared/signing/profiles.ts';
import {
  makeEndpointSecret,
  makeHexSecret,
  makeSigningKeyPair,
  parseSigningSecret,
  publicKeyOf,
  secretPrefix,
} from '../../shared/signing/secrets.ts';
import vectors from '../fixtures/vectors.json' with { type: 'json' };
import { currentSecret } from './samples.ts';

describe('a secret of an endpoint', () => {
  test('S-069 is whsec_ and 48 alphanumerics, whose text and base64 are both usable keys', () => {
    const secret = makeEndpointSecret();
    expect(secret).toMatch(/^whsec_[A-Za-z0-9]{48}$/);
    expect(parseSigningSecret(secret)).toMatchObject({ kind: 'whsec', text: secret });
    expect(Buffer.from(secret.slice(6), 'base64')).toHaveLength(36);
  });

  test('S-069 draws each of the 62 characters equally often', () => {
    const drawn = Array.from({ length: 2_000 }, () => makeEndpointSecret().slice(6)).join('');
    const counts = new Map<string, number>();
    for (const character of drawn) counts.set(character, (counts.get(character) ?? 0) + 1);
    expect(counts.size).toBe(62);
    // 96,000 draws: 1,548 each, give or take 39. Taking bytes modulo 62 would give eight of the
    // characters a quarter more.
    const expected = drawn.length / 62;
    const deviations = [...counts.values()].map((count) => (count - expected) ** 2 / expected);
    const chiSquared = deviations.reduce((sum, part) => sum + part, 0);
    // With 61 degrees of freedom chance exceeds 150 less than once in a hundred million runs.
    expect(chiSquared).toBeLessThan(150);
  });

  test('S-069 is never drawn twice', () => {
    const makers = [makeEndpointSecret, makeHexSecret, () => makeSigningKeyPair().secretKey];
    for (const make of makers) expect(new Set(Array.from({ length: 50 }, make)).size).toBe(50);
  });

  test('S-069 is known later by its first 14 characters', () => {
    expect(secretPrefix(currentSecret)).toBe('whsec_k3JfQ9xZ');
  });

  test.for(signatureProfiles)('is drawn in the kind that the profile %s needs', (profile) => {
    expect(parseSigningSecret(makeSecretFor(profile))?.kind).toBe(secretKindOf(profile));
  });
});

describe('an Ed25519 secret', () => {
  test('gives its public key at any time', () => {
    const { secretKey, publicKey } = makeSigningKeyPair();
    const secret = parseSigningSecret(secretKey);
    expect(secret?.kind === 'ed25519' && publicKeyOf(secret)).toBe(publicKey);
  });

  test('is read as other implementations write it', () => {
    const [vector] = vectors.standardWebhooksV1a;
    const secret = parseSigningSecret(vector?.secretKey ?? '');
    expect(secret?.kind === 'ed25519' && publicKeyOf(secret)).toBe(vector?.publicKey);
  });

  test('is refused when its public half belongs to another key', () => {
    const halves = [makeSigningKeyPair(), makeSigningKeyPair()].map(({ secretKey }) =>
      Buffer.from(secretKey.slice(5), 'base64'),
    );
    const [one = Buffer.of(), other = Buffer.of()] = halves;
    const mixed = Buffer.concat([one.subarray(0, 32), other.subarray(32)]).toString('base64');
    expect(parseSigningSecret(`whsk_${mixed}`)).toBeUndefined();
  });
});

describe('what is refused as a secret', () => {
  const { privateKey } = generateKeyPairSync('ed25519');
  const refused: readonly (readonly [name: string, text: string])[] = [
    ['nothing', ''],
    ['a prefix alone', 'whsec_'],
    ['a key of 23 bytes', `whsec_${Buffer.alloc(23, 7).toString('base64')}`],
    ['a key of 65 bytes', `whsec_${Buffer.alloc(65, 7).toString('base64')}`],
    ['characters that are not base64', `whsec_${'!'.repeat(48)}`],
    ['a line end', `${currentSecret}\n`],
    ['no prefix', currentSecret.slice(6)],
    ['63 hexadecimal characters', 'a'.repeat(63)],
    ['upper-case hex', 'A'.repeat(64)],
    ['a seed without its public key', `whsk_${Buffer.alloc(32, 7).toString('base64')}`],
    ['a public key', makeSigningKeyPair().publicKey],
    ['a PEM', String(privateKey.export({ format: 'pem', type: 'pkcs8' }))],
  ];

  test.for(refused)('S-062 %s', ([, text]) => {
    expect(parseSigningSecret(text)).toBeUndefined();
  });
});
