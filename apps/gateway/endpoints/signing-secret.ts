import { sealEndpointSecret } from '../../../shared/crypto/endpoint-secrets.ts';
import type { TenantVault } from '../../../shared/crypto/tenant-vault.ts';
import { insertEndpointSecret } from '../../../shared/db/queries/endpoint-secrets.ts';
import type { TenantTx } from '../../../shared/db/tenant.ts';
import type { EndpointId } from '../../../shared/domain/ids.ts';
import { invalid } from '../../../shared/errors/tidegate-error.ts';
import {
  acceptsSecret,
  makeSecretFor,
  secretKindOf,
  type SignatureProfile,
} from '../../../shared/signing/profiles.ts';
import {
  parseSigningSecret,
  publicKeyOf,
  secretPrefix,
  type SecretKind,
} from '../../../shared/signing/secrets.ts';

/**
 * Stores a current secret of an endpoint, drawn for its profile or given, and returns its text to be
 * shown once. Throws `validation_failed` for a given one that the profile cannot sign with.
 */
export async function addSigningSecret(
  vault: TenantVault,
  tx: TenantTx,
  endpointId: EndpointId,
  profile: SignatureProfile,
  given?: string,
): Promise<string> {
  const text = given ?? makeSecretFor(profile);
  const secret = parseSigningSecret(text);
  if (secret === undefined) {
    throw invalid(
      '/signingSecret',
      'A secret is whsec_ and base64 of 24 to 64 bytes, or 64 hexadecimal digits in lower case.',
    );
  }
  if (!isSignable(profile, [secret.kind])) {
    throw invalid('/signingSecret', `The profile ${profile} needs a secret of another kind.`);
  }
  const sealed = await sealEndpointSecret(vault, tx, text);
  const publicKey = secret.kind === 'ed25519' ? publicKeyOf(secret) : null;
  await insertEndpointSecret(tx, endpointId, {
    ...sealed,
    kind: secret.kind,
    // Of a key pair, the half that everybody may see.
    prefix: secretPrefix(publicKey ?? text),
    publicKey,
  });
  return text;
}

/**
 * Whether a profile can do what it says with current secrets of these kinds. One that is chosen for its
 * public-key signatures needs a key pair, though it can sign with a shared secret as well.
 */
export function isSignable(profile: SignatureProfile, kinds: readonly SecretKind[]): boolean {
  if (secretKindOf(profile) === 'ed25519') return kinds.includes('ed25519');
  return kinds.some((kind) => acceptsSecret(profile, { kind }));
}
