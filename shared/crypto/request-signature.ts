import { createHmac, timingSafeEqual } from 'node:crypto';

/** A secret that no sender has. Where there is none to try, this one is, so that it takes as long. */
const decoySecret = Buffer.from('tidegate decoy secret, never given to anyone');

const sha256Hex = /^(?:sha256=)?([0-9a-fA-F]{64})$/;

/**
 * Whether a header carries the hexadecimal HMAC-SHA256 of the raw body under one of the secrets,
 * with or without `sha256=` in front (S-008). Every secret is tried, so that the time taken does not
 * tell which one matched; comparison is constant-time on the decoded bytes (S-011).
 */
export function verifyHmacSha256(
  header: string | undefined,
  body: Uint8Array,
  secrets: readonly Uint8Array[],
): boolean {
  const hex = header === undefined ? undefined : sha256Hex.exec(header)?.[1];
  const given = Buffer.from(hex ?? '0'.repeat(64), 'hex');
  let matches = 0;
  for (const secret of secrets.length > 0 ? secrets : [decoySecret]) {
    const wanted = createHmac('sha256', secret).update(body).digest();
    matches |= Number(timingSafeEqual(wanted, given));
  }
  return matches === 1 && hex !== undefined && secrets.length > 0;
}
