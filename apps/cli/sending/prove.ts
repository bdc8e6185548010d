import { checksOf } from '../../../shared/schemas/verifier.ts';
import { signRequest, type SignedRequest } from '../../../shared/verification/sign.ts';
import { usageFailure } from '../failure.ts';
import { requireSecrets, type Proof } from './proof.ts';
import { verifiable, type RequestParts } from './request.ts';

export interface ProofMoment {
  readonly nowMs: number;
  /** For senders that name their messages; a new one when absent. */
  readonly messageId?: string | undefined;
}

/** What a sender would add to a request, so that the verifier lets it in. Throws a usage failure. */
export function prove(
  parts: RequestParts,
  proof: Proof,
  { nowMs, messageId }: ProofMoment,
): SignedRequest {
  requireSecrets(proof);
  try {
    return signRequest({
      verifier: proof.verifier,
      request: verifiable(parts),
      keyMaterial: proof.secrets,
      nowMs,
      ...(messageId !== undefined && { messageId }),
    });
  } catch (error) {
    // Its message is a clause of ours, which says what is missing.
    const { message } = error as Error;
    throw usageFailure(`${message.charAt(0).toUpperCase()}${message.slice(1)}.`);
  }
}

/** A request with its proof, which takes the place of headers of the same name. */
export function withProof(parts: RequestParts, proof: Proof, moment: ProofMoment): RequestParts {
  const { headers, url, body } = prove(parts, proof, moment);
  const replaced = new Set(Object.keys(headers).map((name) => name.toLowerCase()));
  const kept = parts.headers.filter(([name]) => !replaced.has(name.toLowerCase()));
  return { ...parts, url, body, headers: [...kept, ...Object.entries(headers)] };
}

/** Where an idempotency key goes: into the message id of the proof, which is signed, or into a header. */
export interface PlacedKey {
  readonly messageId: string | undefined;
  readonly headers: RequestParts['headers'];
}

/** Finds the place of a key. Throws a usage failure where the receiver takes it from the body. */
export function placeKey({ verifier, keySource }: Proof, key: string): PlacedKey {
  if (keySource?.type !== 'header') {
    const habit = keySource === null ? 'no key' : `its key from the body: ${keySource.value}`;
    throw usageFailure(`The receiver takes ${habit}. --key is for those that read a header.`);
  }
  const name = keySource.value.toLowerCase();
  const isMessageId = checksOf(verifier).some(
    (check) => 'messageId' in check && check.messageId?.name.toLowerCase() === name,
  );
  return isMessageId
    ? { messageId: key, headers: [] }
    : { messageId: undefined, headers: [[keySource.value, key]] };
}
