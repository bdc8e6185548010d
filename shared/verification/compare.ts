import { createHash, timingSafeEqual } from 'node:crypto';

/** Whether two byte strings are equal, in a time that depends on their lengths only. */
export function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

const sha256 = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest();

/** Whether two tokens are equal, in a time that tells neither their content nor their length (S-011). */
export function isSameToken(a: Uint8Array, b: Uint8Array): boolean {
  return timingSafeEqual(sha256(a), sha256(b));
}
