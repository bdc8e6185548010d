import { createHash } from 'node:crypto';
import type { JwtBodyHashCheck } from '../schemas/verifier-check.ts';
import { jwtAlgorithms } from './jwt-check.ts';
import { secretKeyOf } from './key-material.ts';
import { place, type RequestDraft, type Signing, type SigningContext } from './request-draft.ts';
import { macOf } from './secret-attempt.ts';

const lifetimeSeconds = 300;

/** Adds a JSON Web Token that carries the hash of the body. */
export function signJwt(
  check: JwtBodyHashCheck,
  draft: RequestDraft,
  context: SigningContext,
): Signing {
  const usable = secretKeyOf(check, Buffer.from(context.keyMaterial(check) ?? ''));
  if (!usable.ok) return { ok: false, reason: `the key is not usable (${usable.reason})` };
  const bodyHash = createHash('sha256').update(draft.request.body).digest();
  const issuedAt = Math.floor(context.nowMs / 1_000);
  const claims = {
    ...(check.issuer !== undefined && { iss: check.issuer }),
    iat: issuedAt,
    exp: issuedAt + lifetimeSeconds,
    [check.bodyHash.claim]: bodyHash.toString(check.bodyHash.encoding),
  };
  const content = `${encode({ alg: check.algorithm, typ: 'JWT' })}.${encode(claims)}`;
  const mac = macOf(jwtAlgorithms[check.algorithm], usable.key, [Buffer.from(content)]);
  const token = `${check.token.prefix ?? ''}${content}.${mac.toString('base64url')}`;
  return { ok: true, draft: place(draft, 'header', check.token.header, token) };
}

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
