import type { NoClaim } from '../../../shared/db/queries/conversation-claims.ts';
import { TidegateError } from '../../../shared/errors/tidegate-error.ts';
import { retryAfterSeconds } from '../retry-after.ts';
import type { ClaimAnswer } from './claim-conversation.ts';

/** Another one holds the claim, until a moment. */
export function claimHeld(until: Date): TidegateError {
  const leftSeconds = Math.ceil((until.getTime() - Date.now()) / 1_000);
  return new TidegateError(
    'claim_held',
    `Somebody else holds the claim until ${until.toISOString()}.`,
    { retryAfterSeconds: Math.max(1, leftSeconds) },
  );
}

/** Why a credential may not do what only the holder of the live claim may (S-111, S-112). */
export function notTheHolder(refusal: NoClaim): TidegateError {
  return refusal.kind === 'foreign'
    ? claimHeld(refusal.heldUntil)
    : new TidegateError('claim_required');
}

/** Why a conversation was not claimed (S-110). */
export function notClaimed(
  answer: Exclude<ClaimAnswer, { readonly kind: 'granted' }>,
): TidegateError {
  if (answer.kind === 'held') return claimHeld(new Date(answer.until));
  if (answer.kind === 'not_open') return new TidegateError('conversation_not_open');
  if (answer.kind === 'not_found') return new TidegateError('not_found');
  return new TidegateError('claims_unavailable', undefined, {
    retryAfterSeconds: Number(retryAfterSeconds()),
  });
}
