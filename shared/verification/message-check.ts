import type { MessageCheck } from '../schemas/verifier-check.ts';
import type { CheckContext, Finding, KeyAttempt } from './check-context.ts';
import { tryPublicKeys } from './public-key-attempt.ts';
import { digestBytes, trySecrets } from './secret-attempt.ts';
import { readMessageId, readTime } from './sent-texts.ts';
import { readSignatures } from './signature-candidates.ts';
import { partName } from './signed-content.ts';
import type { VerificationReason } from './types.ts';

/**
 * Checks a signature over parts of the request, and the time that is signed with it (S-008, S-011).
 * Whatever is wrong, every key is tried, so that the time taken does not tell what it was.
 */
export function checkMessage(check: MessageCheck, context: CheckContext): Finding {
  const signatures = readSignatures(check.signature, context.view, signatureBytes(check));
  const time = readTime(check, context, signatures);
  const id = readMessageId(check, context);
  const texts = { timestamp: time.text, id: id.text };
  const attempt =
    check.scheme === 'asymmetric'
      ? tryPublicKeys(check, context, texts, signatures.candidates)
      : trySecrets(check, context, texts, signatures.candidates);
  const { matchedId, slot } = attempt;
  return {
    reason:
      signatures.problem ??
      time.problem ??
      id.problem ??
      problemOf(attempt) ??
      time.staleness ??
      'verified',
    slot,
    signedParts: check.signed.map(partName),
    ...(matchedId !== undefined && { keyId: matchedId }),
    ...(time.skewSeconds !== undefined && { skewSeconds: time.skewSeconds }),
  };
}

function problemOf(attempt: KeyAttempt): VerificationReason | undefined {
  if (!attempt.isContentComplete) return 'signed_part_missing';
  return attempt.keyProblem ?? (attempt.matchedId === undefined ? 'mismatch' : undefined);
}

/** The length every signature of a check has; undefined where it varies. */
function signatureBytes(check: MessageCheck): number | undefined {
  if (check.scheme !== 'asymmetric') return digestBytes[check.algorithm];
  return check.algorithm === 'ed25519' ? 64 : undefined;
}
