import { verifierSchema, type Verifier } from '../schemas/verifier.ts';
import type { Check, IpCheck } from '../schemas/verifier-check.ts';
import type { CheckContext, Finding } from './check-context.ts';
import { checkBodyDigest } from './digest-check.ts';
import { checkIp } from './ip-check.ts';
import { checkJwtBodyHash } from './jwt-check.ts';
import { checkMessage } from './message-check.ts';
import { viewRequest } from './request-view.ts';
import { checkStatic } from './static-check.ts';
import type {
  Refusal,
  VerifiableRequest,
  Verification,
  VerificationKey,
  VerificationStep,
} from './types.ts';

export interface VerifyInput {
  readonly verifier: Verifier;
  readonly request: VerifiableRequest;
  /** The keys that are live now, newest first. */
  readonly keys: readonly VerificationKey[];
  readonly nowMs: number;
}

/**
 * Decides whether a request comes from the sender that a verifier describes. Never throws for what a
 * sender sent or a database holds: a verifier that does not fit its schema lets nothing in. Every
 * check is run also when an earlier one has decided, so that time does not tell which one it was.
 */
export function verifyRequest(input: VerifyInput): Verification {
  const { verifier } = input;
  // Stored configuration is data like any other.
  const trusted = verifierSchema.safeParse(verifier);
  if (!trusted.success) {
    const step = { at: '', scheme: 'unknown', ok: false, reason: 'verifier_invalid' } as const;
    // A list without a usable entry lets nobody in, as an address that is not on it (S-010).
    const isList = (verifier as Partial<IpCheck> | null)?.scheme === 'ip';
    const refusal = isList ? 'rejected_ip' : 'rejected_no_auth';
    return { ok: false, refusal, transcript: [step] };
  }
  return verifyTrusted({ ...input, verifier: trusted.data });
}

/** The same with a verifier that has been read by its schema: for who remembers one. */
export function verifyTrusted({ verifier, request, keys, nowMs }: VerifyInput): Verification {
  const context: CheckContext = { view: viewRequest(request), keys, nowMs };
  const transcript: VerificationStep[] = [];
  const verdict = judge(verifier, '', context, transcript);
  return verdict.ok
    ? { ok: true, keyIds: [...new Set(verdict.keyIds)], transcript }
    : { ok: false, refusal: verdict.refusal, transcript };
}

/** Takes the work of a usual verification, for a request to a hook that does not exist. */
export function decoyVerify(request: VerifiableRequest): void {
  verifyTrusted({ verifier: decoyVerifier, request, keys: [], nowMs: 0 });
}

const decoyVerifier: Verifier = {
  scheme: 'hmac',
  algorithm: 'sha256',
  signature: { from: 'header', names: ['x-signature'], encoding: 'hex' },
  signed: ['body'],
};

type Verdict =
  | { readonly ok: true; readonly keyIds: readonly string[] }
  | { readonly ok: false; readonly refusal: Refusal };

function judge(
  verifier: Verifier,
  at: string,
  context: CheckContext,
  transcript: VerificationStep[],
): Verdict {
  if ('allOf' in verifier || 'anyOf' in verifier) {
    const [join, parts] =
      'allOf' in verifier
        ? (['allOf', verifier.allOf] as const)
        : (['anyOf', verifier.anyOf] as const);
    const verdicts = parts.map((part, index) =>
      judge(part, `${at}/${join}/${index}`, context, transcript),
    );
    return join === 'allOf' ? allOf(verdicts) : anyOf(verdicts);
  }
  if (verifier.scheme === 'none') {
    transcript.push({ at, scheme: 'none', ok: true, reason: 'not_checked' });
    return { ok: true, keyIds: [] };
  }
  const finding = runCheck(verifier, context);
  const ok = finding.reason === 'verified';
  transcript.push({ at, scheme: verifier.scheme, ok, ...finding });
  if (!ok) return { ok, refusal: refusalOf(verifier.scheme) };
  return { ok, keyIds: finding.keyId === undefined ? [] : [finding.keyId] };
}

/** The first refusal decides what is stored with the request. */
function allOf(verdicts: readonly Verdict[]): Verdict {
  const keyIds: string[] = [];
  for (const verdict of verdicts) {
    if (!verdict.ok) return verdict;
    keyIds.push(...verdict.keyIds);
  }
  return verdicts.length > 0 ? { ok: true, keyIds } : nothingProven;
}

function anyOf(verdicts: readonly Verdict[]): Verdict {
  return verdicts.find((verdict) => verdict.ok) ?? verdicts[0] ?? nothingProven;
}

const nothingProven: Verdict = { ok: false, refusal: 'rejected_no_auth' };

function runCheck(check: Check, context: CheckContext): Finding {
  switch (check.scheme) {
    case 'hmac':
    case 'hash_concat':
    case 'asymmetric':
      return checkMessage(check, context);
    case 'static':
      return checkStatic(check, context);
    case 'jwt_body_hash':
      return checkJwtBodyHash(check, context);
    case 'body_digest':
      return checkBodyDigest(check, context);
    case 'ip':
      return checkIp(check, context);
    default:
      // The schema lets no other scheme through; should one be added there and not here, it fails.
      check satisfies never;
      return { reason: 'verifier_invalid' };
  }
}

function refusalOf(scheme: Check['scheme']): Refusal {
  if (scheme === 'ip') return 'rejected_ip';
  return scheme === 'static' ? 'rejected_bearer' : 'rejected_signature';
}
