import { createPublicKey, generateKeyPairSync, randomBytes, type KeyObject } from 'node:crypto';
import { randomAlphanumerics } from '../crypto/tokens.ts';
import { decodeBytes } from '../verification/encoding.ts';
import { parsePrivateKey } from '../verification/private-key.ts';

/**
 * A secret of an endpoint, ready to sign with.
 *
 * - `whsec`: `whsec_` and base64. The whole text is the key of `t=,v1=` and of signatures over the
 *   body; what the base64 stands for (24 to 64 bytes) is the key of Standard Webhooks v1.
 * - `hex`: 64 hexadecimal characters, of which the text is the key.
 * - `ed25519`: `whsk_` and the base64 of seed and public key, for Standard Webhooks v1a.
 */
export type SigningSecret =
  | { readonly kind: 'whsec'; readonly text: string; readonly key: Buffer }
  | { readonly kind: 'hex'; readonly text: string }
  | { readonly kind: 'ed25519'; readonly privateKey: KeyObject };

export type SecretKind = SigningSecret['kind'];

const sharedPrefix = 'whsec_';
const privatePrefix = 'whsk_';
const publicPrefix = 'whpk_';

/** A multiple of four, so that the characters are base64 without padding: 36 bytes. */
const sharedCharacters = 48;
const sharedBytes = { min: 24, max: 64 } as const;
const hexBytes = 32;
/** The raw halves stand at the end of their DER forms (RFC 8410). */
const ed25519Bytes = 32;
/** How many characters of a secret people may see to tell it from others. */
const prefixCharacters = 14;

/** Draws a secret of an endpoint: `whsec_` and 48 alphanumerics without bias (S-069). */
export function makeEndpointSecret(): string {
  return sharedPrefix + randomAlphanumerics(sharedCharacters);
}

/** Draws a secret for receivers that expect 64 hexadecimal characters. */
export function makeHexSecret(): string {
  return randomBytes(hexBytes).toString('hex');
}

/** Draws an Ed25519 pair: `whsk_…` to sign with, `whpk_…` for everybody who verifies. */
export function makeSigningKeyPair(): { readonly secretKey: string; readonly publicKey: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const seed = privateKey.export({ format: 'der', type: 'pkcs8' }).subarray(-ed25519Bytes);
  const point = rawPublicKey(publicKey);
  return {
    secretKey: privatePrefix + Buffer.concat([seed, point]).toString('base64'),
    publicKey: publicPrefix + point.toString('base64'),
  };
}

const makers: Readonly<Record<SecretKind, () => string>> = {
  whsec: makeEndpointSecret,
  hex: makeHexSecret,
  ed25519: () => makeSigningKeyPair().secretKey,
};

/** Draws a secret of a kind. */
export const makeSecretOf = (kind: SecretKind): string => makers[kind]();

/** What may be shown of a secret after its creation: its first 14 characters. */
export function secretPrefix(secret: string): string {
  return secret.slice(0, prefixCharacters);
}

/** The `whpk_…` of an Ed25519 secret. It is no secret: the API shows it at any time. */
export function publicKeyOf({ privateKey }: Extract<SigningSecret, { kind: 'ed25519' }>): string {
  return publicPrefix + rawPublicKey(createPublicKey(privateKey)).toString('base64');
}

/**
 * A stored or imported secret; undefined when the text is none of the three kinds. Asked when a secret
 * is saved and again when it is used: a short key would let others sign, a wrong one nobody verify.
 */
export function parseSigningSecret(text: string): SigningSecret | undefined {
  if (text.startsWith(sharedPrefix)) return parseShared(text);
  if (text.startsWith(privatePrefix)) return parseEd25519(text);
  return /^[0-9a-f]{64}$/.test(text) ? { kind: 'hex', text } : undefined;
}

function parseShared(text: string): SigningSecret | undefined {
  const key = decodeBytes(text.slice(sharedPrefix.length), 'base64');
  const isLongEnough = key !== undefined && key.length >= sharedBytes.min;
  return isLongEnough && key.length <= sharedBytes.max ? { kind: 'whsec', text, key } : undefined;
}

function parseEd25519(text: string): SigningSecret | undefined {
  const halves = decodeBytes(text.slice(privatePrefix.length), 'base64');
  const privateKey = parsePrivateKey(text, 'ed25519');
  if (halves?.length !== 2 * ed25519Bytes || privateKey === undefined) return undefined;
  // With a foreign public half, what receivers were given would never verify.
  const isPair = rawPublicKey(createPublicKey(privateKey)).equals(halves.subarray(ed25519Bytes));
  return isPair ? { kind: 'ed25519', privateKey } : undefined;
}

function rawPublicKey(publicKey: KeyObject): Buffer {
  return publicKey.export({ format: 'der', type: 'spki' }).subarray(-ed25519Bytes);
}
