/** The SHA-256 of the UTF-8 bytes of a text, in hex. Given by the caller: this folder has no I/O. */
export type Sha256Hex = (text: string) => string;

const hexDigits = 32;

/**
 * The wire id of an event that a message has at most once of a type (S-097): the same message and type
 * have the same id wherever and however often it is made.
 */
export function deterministicEventId(sha256: Sha256Hex, messageId: string, type: string): string {
  const digest = sha256(`${messageId}|${type}`).toLowerCase();
  if (!/^[0-9a-f]{64}$/.test(digest)) throw new TypeError('sha256 did not return 64 hex digits');
  return `evt_${digest.slice(0, hexDigits)}`;
}
