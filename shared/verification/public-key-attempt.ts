import { verify as verifySignature, type KeyObject } from 'node:crypto';
import type { AsymmetricCheck } from '../schemas/verifier-check.ts';
import { usableKeys, type CheckContext, type KeyAttempt } from './check-context.ts';
import { parsePublicKey, type PublicKeyAlgorithm } from './public-key.ts';
import { decoyContent, signedContent, type ReadTexts } from './signed-content.ts';

/** Public keys whose private half was thrown away, for the time it takes to verify with one. */
const decoyKeys: Readonly<Record<PublicKeyAlgorithm, string>> = {
  ed25519: 'MCowBQYDK2VwAyEAR0wT6BjQfq7GrmSZh65zPc/HK9fEeXT/otxcLLo3O1g=',
  ecdsa_p256_sha256:
    'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE0oLA4Vq0yJw/jfW+iVtnkHiRha62YSMdsj67UYjkIh/RwfwZwAdwei3WTCqRDS7n4rn+hbH45kwFxh8T/tYWtw==',
};

/** Every signature against every public key of the slot, also after one has matched. */
export function tryPublicKeys(
  check: AsymmetricCheck,
  context: CheckContext,
  texts: ReadTexts,
  candidates: readonly Buffer[],
): KeyAttempt {
  const { algorithm } = check;
  const { slot, keys, problem } = usableKeys(
    context.keys,
    check.key?.slot,
    (material) => parsePublicKey(material.toString('utf8'), algorithm),
    parsePublicKey(decoyKeys[algorithm], algorithm),
  );
  const content = signedContent({ check, view: context.view, texts });
  const bytes = Buffer.concat((content ?? decoyContent(context.view))(Buffer.alloc(0)));
  const tried = candidates.length > 0 ? candidates : [Buffer.alloc(64)];
  let matchedId: string | undefined;
  for (const { id, key } of keys) {
    const matches = tried.filter((it) => key !== undefined && isSigned(algorithm, bytes, key, it));
    if (matches.length > 0 && content !== undefined) matchedId ??= id;
  }
  return { matchedId, isContentComplete: content !== undefined, keyProblem: problem, slot };
}

const isSigned = (
  algorithm: PublicKeyAlgorithm,
  content: Buffer,
  key: KeyObject,
  signature: Buffer,
): boolean => verifySignature(algorithm === 'ed25519' ? null : 'sha256', content, key, signature);
