import { createHash, createHmac, createSecretKey, type Hash, type Hmac } from 'node:crypto';
import type { HashConcatCheck, HmacCheck } from '../schemas/verifier-check.ts';
import { usableKeys, type CheckContext, type KeyAttempt } from './check-context.ts';
import { isEqual } from './compare.ts';
import { secretReader } from './key-material.ts';
import { decoyContent, signedContent, type ReadTexts } from './signed-content.ts';

/** Length in bytes of what each algorithm yields. */
export const digestBytes = { sha1: 20, sha256: 32, sha384: 48, sha512: 64 } as const;

/** A key that no sender has. Where there is none to try, this one is, so that it takes as long. */
export const decoySecret = Buffer.from('tidegate decoy secret, never given to anyone');

/** Every signature against every key of the slot, also after one has matched. */
export function trySecrets(
  check: HmacCheck | HashConcatCheck,
  context: CheckContext,
  texts: ReadTexts,
  candidates: readonly Buffer[],
): KeyAttempt {
  const { slot, keys, problem } = usableKeys(
    context.keys,
    check.key?.slot,
    secretReader(check),
    decoySecret,
  );
  const content = signedContent({ check, view: context.view, texts });
  const piecesFor = content ?? decoyContent(context.view);
  const tried = candidates.length > 0 ? candidates : [Buffer.alloc(digestBytes[check.algorithm])];
  let matchedId: string | undefined;
  for (const { id, key } of keys) {
    const wanted = digestOf(check, key, piecesFor(key));
    const matches = tried.filter((candidate) => isEqual(wanted, candidate));
    if (matches.length > 0 && content !== undefined && candidates.length > 0) matchedId ??= id;
  }
  return { matchedId, isContentComplete: content !== undefined, keyProblem: problem, slot };
}

/** The MAC of a text; for `hash_concat` the plain digest of a text that holds the key. */
export function digestOf(
  check: HmacCheck | HashConcatCheck,
  key: Buffer,
  pieces: readonly Buffer[],
): Buffer {
  if (check.scheme === 'hmac') return macOf(check.algorithm, key, pieces);
  return finish(createHash(check.algorithm), pieces);
}

/** The HMAC of a text in pieces. */
export function macOf(
  algorithm: HmacCheck['algorithm'],
  key: Buffer,
  pieces: readonly Buffer[],
): Buffer {
  // Of bytes Node first finds out whether they are a key object, which takes longer than the MAC.
  return finish(createHmac(algorithm, createSecretKey(key)), pieces);
}

function finish(hash: Hash | Hmac, pieces: readonly Buffer[]): Buffer {
  for (const piece of pieces) hash.update(piece);
  return hash.digest();
}
