import { createHash } from 'node:crypto';
import { toleranceSecondsDefault, type JwtBodyHashCheck } from '../schemas/verifier-check.ts';
import { usableKeys, type CheckContext, type Finding } from './check-context.ts';
import { isEqual } from './compare.ts';
import { decodeBytes } from './encoding.ts';
import { secretReader } from './key-material.ts';
import type { Reading } from './request-view.ts';
import { decoySecret, digestBytes, macOf } from './secret-attempt.ts';
import type { VerificationReason } from './types.ts';

/** How far `exp` may lie in the past, for clocks that differ, in seconds. */
const expiryLeewaySeconds = 60;
export const jwtAlgorithms = { HS256: 'sha256', HS384: 'sha384', HS512: 'sha512' } as const;

type Claims = Readonly<Record<string, unknown>>;

interface Token {
  /** What is signed: the first two parts as they were sent. */
  readonly content: Buffer;
  readonly signature: Buffer;
  readonly claims: Claims;
}

/** Checks a JSON Web Token that carries the SHA-256 of the body. The algorithm is ours, never the token's. */
export function checkJwtBodyHash(check: JwtBodyHashCheck, context: CheckContext): Finding {
  const reading = context.view.read('header', check.token.header);
  const token = parseToken(reading, check);
  const { slot, keys, problem } = usableKeys(
    context.keys,
    check.key?.slot,
    secretReader(check),
    decoySecret,
  );
  const algorithm = jwtAlgorithms[check.algorithm];
  const content = token?.content ?? Buffer.alloc(128);
  const signature = token?.signature ?? Buffer.alloc(digestBytes[algorithm]);
  let matchedId: string | undefined;
  for (const { id, key } of keys) {
    const isMatch = isEqual(macOf(algorithm, key, [content]), signature);
    if (isMatch && token !== undefined) matchedId ??= id;
  }
  const bodyHash = createHash('sha256').update(context.view.request.body).digest();
  if (token === undefined) {
    return {
      reason: reading.kind === 'one' ? 'token_malformed' : `signature_${reading.kind}`,
      slot,
    };
  }
  const reason =
    problem ??
    (matchedId === undefined ? 'mismatch' : undefined) ??
    claimProblem(check, token.claims, bodyHash, context.nowMs) ??
    'verified';
  return { reason, slot, ...(matchedId !== undefined && { keyId: matchedId }) };
}

function parseToken(reading: Reading, check: JwtBodyHashCheck): Token | undefined {
  if (reading.kind !== 'one') return undefined;
  const { prefix = '' } = check.token;
  const { text } = reading;
  if (text.slice(0, prefix.length).toLowerCase() !== prefix.toLowerCase()) return undefined;
  const parts = text.slice(prefix.length).split('.');
  const [header, claims, encodedSignature] = parts;
  if (parts.length !== 3 || header === undefined || claims === undefined) return undefined;
  const signature = decodeBytes(encodedSignature ?? '', 'base64url');
  const fields = parseObject(header);
  const isOurs = fields?.['alg'] === check.algorithm && fields['crit'] === undefined;
  const parsedClaims = parseObject(claims);
  if (!isOurs || signature === undefined || parsedClaims === undefined) return undefined;
  return { content: Buffer.from(`${header}.${claims}`), signature, claims: parsedClaims };
}

function parseObject(encoded: string): Claims | undefined {
  const bytes = decodeBytes(encoded, 'base64url');
  if (bytes === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'));
    return typeof value === 'object' && value !== null ? (value as Claims) : undefined;
  } catch {
    return undefined;
  }
}

function claimProblem(
  check: JwtBodyHashCheck,
  claims: Claims,
  bodyHash: Buffer,
  nowMs: number,
): VerificationReason | undefined {
  const claimed = claims[check.bodyHash.claim];
  const claimedHash =
    typeof claimed === 'string' ? decodeBytes(claimed, check.bodyHash.encoding) : undefined;
  if (claimedHash === undefined) return 'body_digest_missing';
  if (!isEqual(claimedHash, bodyHash)) return 'body_digest_mismatch';
  if (check.issuer !== undefined && claims['iss'] !== check.issuer) return 'token_claim_wrong';
  return timeProblem(check, claims, nowMs / 1_000);
}

function timeProblem(
  check: JwtBodyHashCheck,
  claims: Claims,
  nowSeconds: number,
): VerificationReason | undefined {
  const { exp, nbf, iat } = claims;
  if ([exp, nbf, iat].some((time) => time !== undefined && !Number.isFinite(time))) {
    return 'timestamp_malformed';
  }
  if (exp !== undefined && nowSeconds > (exp as number) + expiryLeewaySeconds) return 'too_old';
  const earliest = Math.max((nbf as number | undefined) ?? 0, (iat as number | undefined) ?? 0);
  if (nowSeconds < earliest - toleranceSecondsDefault) return 'too_new';
  if (check.maxAgeSeconds === undefined) return undefined;
  if (iat === undefined) return 'timestamp_missing';
  return nowSeconds > (iat as number) + check.maxAgeSeconds ? 'too_old' : undefined;
}
