import type { MessageCheck } from '../../schemas/verifier-check.ts';
import type { Verifier } from '../../schemas/verifier.ts';
import type { VerifyInput } from '../verify.ts';
import type { SignatureFinding } from './finding.ts';

/** One change to what was verified, and what it would mean if the request verified with it. */
export interface Variation extends Omit<SignatureFinding, 'wouldVerify'> {
  readonly change: Partial<VerifyInput>;
}

/** The same verifier with each signature check replaced. */
export function mapMessageChecks(
  verifier: Verifier,
  replace: (check: MessageCheck) => MessageCheck,
): Verifier {
  if ('allOf' in verifier) {
    return { allOf: verifier.allOf.map((part) => mapMessageChecks(part, replace)) };
  }
  if ('anyOf' in verifier) {
    return { anyOf: verifier.anyOf.map((part) => mapMessageChecks(part, replace)) };
  }
  return 'signed' in verifier ? replace(verifier) : verifier;
}
