import { createPublicKey, type KeyObject } from 'node:crypto';
import type { AsymmetricCheck } from '../schemas/verifier-check.ts';
import { decodeBytes } from './encoding.ts';

export type PublicKeyAlgorithm = AsymmetricCheck['algorithm'];

/** The DER header in front of the 32 bytes of an Ed25519 public key (RFC 8410). */
const ed25519Header = Buffer.from('302a300506032b6570032100', 'hex');
const ed25519Bytes = 32;

/**
 * The points of small order of Ed25519 without their sign bit, in every spelling. Under such a key
 * one signature fits many messages, so it proves nothing.
 */
const smallOrderPoints: ReadonlySet<string> = new Set([
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
]);

/**
 * A public key from the forms senders hand out: PEM, or the base64 of its SPKI form; for Ed25519 also
 * the 32 bytes in hex or base64, with or without `whpk_`. Undefined for anything else.
 */
export function parsePublicKey(text: string, algorithm: PublicKeyAlgorithm): KeyObject | undefined {
  const bare = text.trim();
  if (bare.startsWith('-----BEGIN')) return fromPem(bare, algorithm);
  const der = algorithm === 'ed25519' ? ed25519Der(bare) : decodeBytes(bare, 'base64');
  return der && fromDer(der, algorithm);
}

function ed25519Der(text: string): Buffer | undefined {
  const encoded = text.startsWith('whpk_') ? text.slice('whpk_'.length) : text;
  const bytes = decodeBytes(encoded, 'hex') ?? decodeBytes(encoded, 'base64');
  return bytes?.length === ed25519Bytes ? Buffer.concat([ed25519Header, bytes]) : bytes;
}

function fromDer(der: Buffer, algorithm: PublicKeyAlgorithm): KeyObject | undefined {
  return guarded(() => createPublicKey({ key: der, format: 'der', type: 'spki' }), algorithm);
}

function fromPem(pem: string, algorithm: PublicKeyAlgorithm): KeyObject | undefined {
  // From a private key Node would make the public one; a private key must not be stored as public.
  if (!pem.startsWith('-----BEGIN PUBLIC KEY-----')) return undefined;
  return guarded(() => createPublicKey({ key: pem, format: 'pem' }), algorithm);
}

/** Node throws for what is not a key; here that is one of the expected outcomes. */
function guarded(parse: () => KeyObject, algorithm: PublicKeyAlgorithm): KeyObject | undefined {
  try {
    const key = parse();
    return isOfKind(key, algorithm) ? key : undefined;
  } catch {
    return undefined;
  }
}

function isOfKind(key: KeyObject, algorithm: PublicKeyAlgorithm): boolean {
  if (algorithm === 'ecdsa_p256_sha256') {
    return key.asymmetricKeyType === 'ec' && key.asymmetricKeyDetails?.namedCurve === 'prime256v1';
  }
  if (key.asymmetricKeyType !== 'ed25519') return false;
  const point = key.export({ format: 'der', type: 'spki' }).subarray(ed25519Header.length);
  point[ed25519Bytes - 1] = (point[ed25519Bytes - 1] ?? 0) & 0x7f;
  return !smallOrderPoints.has(point.toString('hex'));
}
