import type { BytesEncoding } from '../schemas/verifier-check.ts';

const encodedLengthMax = 8_192;

const alphabets: Readonly<Record<BytesEncoding, RegExp>> = {
  hex: /^(?:[0-9A-Fa-f]{2})+$/,
  base64: /^[A-Za-z0-9+/]+={0,2}$/,
  base64url: /^[A-Za-z0-9_-]+={0,2}$/,
};

/**
 * The bytes behind an encoded text, or undefined. Node's decoders skip what they do not know; here
 * every character counts: hex in any case, base64 with or without its padding but only in the one
 * spelling that its bytes have.
 */
export function decodeBytes(text: string, encoding: BytesEncoding): Buffer | undefined {
  if (text.length > encodedLengthMax || !alphabets[encoding].test(text)) return undefined;
  const bytes = Buffer.from(text, encoding);
  if (encoding === 'hex') return bytes;
  const bare = text.replace(/=+$/, '');
  const isPaddingRight = bare.length === text.length || text.length % 4 === 0;
  const isCanonical = bytes.toString(encoding).replace(/=+$/, '') === bare;
  return isPaddingRight && isCanonical ? bytes : undefined;
}
