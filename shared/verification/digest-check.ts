import { createHash } from 'node:crypto';
import type { BodyDigestCheck } from '../schemas/verifier-check.ts';
import type { CheckContext, Finding } from './check-context.ts';
import { isEqual } from './compare.ts';
import { decodeBytes } from './encoding.ts';

/** Checks the digest of the body that a request carries, for senders that sign the digest only. */
export function checkBodyDigest(check: BodyDigestCheck, { view }: CheckContext): Finding {
  const wanted = createHash(check.algorithm).update(view.request.body).digest();
  const reading = view.read(check.digest.from, check.digest.name);
  if (reading.kind === 'missing') {
    return { reason: check.isRequired === false ? 'verified' : 'body_digest_missing' };
  }
  const given =
    reading.kind === 'one' ? decodeBytes(reading.text, check.digest.encoding) : undefined;
  const isRight = given !== undefined && isEqual(given, wanted);
  return { reason: isRight ? 'verified' : 'body_digest_mismatch' };
}
