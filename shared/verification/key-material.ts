import {
  slotOf,
  type Check,
  type JwtBodyHashCheck,
  type HashConcatCheck,
  type HmacCheck,
  type SecretKeyFormat,
} from '../schemas/verifier-check.ts';
import { checksOf, type Verifier } from '../schemas/verifier.ts';
import { decodeBytes } from './encoding.ts';
import { parsePublicKey } from './public-key.ts';

export type KeyProblem =
  | 'slot_unused'
  | 'too_short'
  | 'too_long'
  | 'not_base64'
  | 'not_base64url'
  | 'not_hex'
  | 'wrong_length'
  | 'not_a_public_key';

type Usable<Key> =
  { readonly ok: true; readonly key: Key } | { readonly ok: false; readonly reason: KeyProblem };

export type KeyMaterialCheck =
  { readonly ok: true } | { readonly ok: false; readonly reason: KeyProblem };

/** Least length of a secret: characters of a text, bytes of an encoded one (S-013). */
const secretLengthMin = 16;
const materialLengthMax = 8_192;
/** Length in bytes of a Standard Webhooks secret. */
const standardSecretBytes = { min: 24, max: 64 } as const;

/**
 * Whether a text can serve as a key in a slot of a verifier. Asked when a key is saved, and again each
 * time one is used: an empty or short key would let anybody sign (S-013).
 */
export function checkKeyMaterial(verifier: Verifier, slot: string, text: string): KeyMaterialCheck {
  const users = checksOf(verifier).filter((check) => slotOf(check) === slot);
  if (users.length === 0) return { ok: false, reason: 'slot_unused' };
  const material = Buffer.from(text);
  for (const check of users) {
    const problem = problemFor(check, material);
    if (problem !== undefined) return { ok: false, reason: problem };
  }
  return { ok: true };
}

function problemFor(check: Check, material: Buffer): KeyProblem | undefined {
  if (check.scheme === 'ip' || check.scheme === 'body_digest') return undefined;
  if (check.scheme === 'static') return problemOf(tokenOf(material));
  if (check.scheme !== 'asymmetric') return problemOf(secretKeyOf(check, material));
  const key = parsePublicKey(material.toString('utf8'), check.algorithm);
  return key === undefined ? 'not_a_public_key' : undefined;
}

const problemOf = (usable: Usable<Buffer>): KeyProblem | undefined =>
  usable.ok ? undefined : usable.reason;

const refused = (reason: KeyProblem): Usable<never> => ({ ok: false, reason });

/** The token that a static credential is compared with. */
function tokenOf(material: Buffer): Usable<Buffer> {
  // Blanks around it are part of the token, but they do not make it long enough.
  const { length } = material.toString('utf8').trim();
  return length < secretLengthMin ? refused('too_short') : ofLength(material, 1, materialLengthMax);
}

/** The token as a check uses it; undefined when it cannot be one. */
export function readToken(material: Buffer): Buffer | undefined {
  const usable = tokenOf(material);
  return usable.ok ? usable.key : undefined;
}

/** Reads the keys of a check as bytes; undefined for those that cannot be one. */
export const secretReader =
  (check: HmacCheck | HashConcatCheck | JwtBodyHashCheck) =>
  (material: Buffer): Buffer | undefined => {
    const usable = secretKeyOf(check, material);
    return usable.ok ? usable.key : undefined;
  };

/** The bytes of a symmetric key, or why the stored text cannot be one. */
export function secretKeyOf(
  check: HmacCheck | HashConcatCheck | JwtBodyHashCheck,
  material: Buffer,
): Usable<Buffer> {
  const { encoding = 'utf8', stripPrefix = '' } = check.key ?? {};
  if (material.length > materialLengthMax) return refused('too_long');
  const stripped = material.subarray(startsWith(material, stripPrefix) ? stripPrefix.length : 0);
  if (encoding === 'utf8') return tokenOf(stripped);
  const bytes = decodeBytes(stripped.toString('latin1'), encoding);
  if (bytes === undefined) return refused(stripped.length === 0 ? 'too_short' : `not_${encoding}`);
  if (isStandardSecret(check.key)) {
    const { min, max } = standardSecretBytes;
    return bytes.length < min || bytes.length > max ? refused('wrong_length') : ok(bytes);
  }
  return ofLength(bytes, secretLengthMin, materialLengthMax);
}

const isStandardSecret = (key: SecretKeyFormat | undefined): boolean =>
  key?.encoding === 'base64' && key.stripPrefix === 'whsec_';

const startsWith = (material: Buffer, prefix: string): boolean =>
  material.subarray(0, prefix.length).toString('latin1') === prefix;

const ok = (key: Buffer): Usable<Buffer> => ({ ok: true, key });

function ofLength(bytes: Buffer, min: number, max: number): Usable<Buffer> {
  if (bytes.length < min) return refused('too_short');
  return bytes.length > max ? refused('too_long') : ok(bytes);
}
