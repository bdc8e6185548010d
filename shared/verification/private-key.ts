import { createPrivateKey, type KeyObject } from 'node:crypto';
import { decodeBytes } from './encoding.ts';
import type { PublicKeyAlgorithm } from './public-key.ts';

/** The DER header in front of the 32 bytes of an Ed25519 seed (RFC 8410). */
const ed25519Header = Buffer.from('302e020100300506032b657004220420', 'hex');
const seedBytes = 32;

/**
 * A private key to sign with: PEM, or the base64 of its PKCS #8 form; for Ed25519 also the seed in hex
 * or base64, and `whsk_` with the seed, alone or followed by the public key. Undefined for anything else.
 */
export function parsePrivateKey(
  text: string,
  algorithm: PublicKeyAlgorithm,
): KeyObject | undefined {
  const bare = text.trim();
  const isEd25519 = algorithm === 'ed25519';
  try {
    const der = isEd25519 ? ed25519Der(bare) : decodeBytes(bare, 'base64');
    const key = bare.startsWith('-----BEGIN')
      ? createPrivateKey(bare)
      : createPrivateKey({ key: der ?? Buffer.alloc(0), format: 'der', type: 'pkcs8' });
    return key.asymmetricKeyType === (isEd25519 ? 'ed25519' : 'ec') ? key : undefined;
  } catch {
    return undefined;
  }
}

function ed25519Der(text: string): Buffer | undefined {
  const encoded = text.startsWith('whsk_') ? text.slice('whsk_'.length) : text;
  const bytes = decodeBytes(encoded, 'hex') ?? decodeBytes(encoded, 'base64');
  const isSeed = bytes?.length === seedBytes || bytes?.length === 2 * seedBytes;
  return isSeed ? Buffer.concat([ed25519Header, bytes.subarray(0, seedBytes)]) : bytes;
}
