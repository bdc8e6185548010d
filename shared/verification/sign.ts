import { createHash, randomUUID } from 'node:crypto';
import { slotOf, type BodyDigestCheck } from '../schemas/verifier-check.ts';
import type { Verifier } from '../schemas/verifier.ts';
import { signJwt } from './jwt-sign.ts';
import { signMessage } from './message-sign.ts';
import { place, type RequestDraft, type Signing, type SigningContext } from './request-draft.ts';
import { presentToken } from './static-sign.ts';
import type { VerifiableRequest } from './types.ts';

export interface SignInput {
  readonly verifier: Verifier;
  /** The request without its proof. */
  readonly request: VerifiableRequest;
  /** The secret of each slot, as it was entered; for public-key schemes the private key. */
  readonly keyMaterial: Readonly<Record<string, string>>;
  readonly nowMs: number;
  /** Used where the verifier has a message id; by default a new one. */
  readonly messageId?: string;
}

export interface SignedRequest {
  /** Headers and parameters to add. */
  readonly headers: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  /** The address to call: that of the request with the parameters added. */
  readonly url: string;
  /** The body to send: changed only for senders that carry their proof in it. */
  readonly body: Buffer;
}

/**
 * What a sender would add to a request so that `verifyRequest` accepts it: the inverse of a verifier,
 * for test requests. Of `anyOf` the first part that can be met is taken; address lists are left to the
 * network. Throws an Error that says what is missing when nothing can be made.
 */
export function signRequest(input: SignInput): SignedRequest {
  const context: SigningContext = {
    keyMaterial: (check) => input.keyMaterial[slotOf(check) ?? ''],
    nowMs: input.nowMs,
    messageId: input.messageId ?? `msg_${randomUUID().replaceAll('-', '')}`,
  };
  const signing = signWith(
    input.verifier,
    { request: input.request, headers: {}, query: {} },
    context,
  );
  if (!signing.ok) throw new Error(`the request cannot be signed: ${signing.reason}`);
  const { request, headers, query } = signing.draft;
  return { headers, query, url: request.url, body: request.body };
}

function signWith(verifier: Verifier, draft: RequestDraft, context: SigningContext): Signing {
  if ('allOf' in verifier) return signAll(verifier.allOf, draft, context);
  if ('anyOf' in verifier) return signAny(verifier.anyOf, draft, context);
  const { scheme } = verifier;
  if (scheme === 'none' || scheme === 'ip') return { ok: true, draft };
  if (scheme === 'static') return presentToken(verifier, draft, context);
  if (scheme === 'body_digest') return { ok: true, draft: addDigest(verifier, draft) };
  if (scheme === 'jwt_body_hash') return signJwt(verifier, draft, context);
  return signMessage(verifier, draft, context);
}

/** What changes the body or the address comes first, because signatures are over those. */
function signAll(
  parts: readonly Verifier[],
  draft: RequestDraft,
  context: SigningContext,
): Signing {
  const rank = (part: Verifier): number => {
    if (!('scheme' in part)) return 2;
    if (part.scheme === 'static') return 0;
    return part.scheme === 'body_digest' ? 1 : 2;
  };
  let signing: Signing = { ok: true, draft };
  for (const part of parts.toSorted((a, b) => rank(a) - rank(b))) {
    if (!signing.ok) return signing;
    signing = signWith(part, signing.draft, context);
  }
  return signing;
}

function signAny(
  parts: readonly Verifier[],
  draft: RequestDraft,
  context: SigningContext,
): Signing {
  const reasons: string[] = [];
  for (const part of parts) {
    const signing = signWith(part, draft, context);
    if (signing.ok) return signing;
    reasons.push(signing.reason);
  }
  return { ok: false, reason: reasons.join('; ') };
}

function addDigest(check: BodyDigestCheck, draft: RequestDraft): RequestDraft {
  // A digest that may be left out is, so that the request looks like most of the sender's.
  if (check.isRequired === false) return draft;
  const digest = createHash(check.algorithm).update(draft.request.body).digest();
  return place(draft, check.digest.from, check.digest.name, digest.toString(check.digest.encoding));
}
