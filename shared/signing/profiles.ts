import { signatureProfiles, type SignatureProfile } from '../domain/signature-profile.ts';
import type { OutboundEvent } from './outbound-event.ts';
import { alga } from './profiles/alga.ts';
import { bodyHex, bodySha256 } from './profiles/body-digest.ts';
import { devcard } from './profiles/devcard.ts';
import { e2aLegacy } from './profiles/e2a-legacy.ts';
import { e2a } from './profiles/e2a.ts';
import { exa } from './profiles/exa.ts';
import { opencom } from './profiles/opencom.ts';
import type { Profile, RequestHeaders, SigningRequest } from './profiles/profile.ts';
import { standard, standardV1a } from './profiles/standard.ts';
import { makeSecretOf, type SecretKind, type SigningSecret } from './secrets.ts';

export { signatureProfiles, type SignatureProfile };

const profiles: Readonly<Record<SignatureProfile, Profile>> = {
  standard,
  standard_v1a: standardV1a,
  body_sha256: bodySha256,
  body_hex: bodyHex,
  opencom,
  exa,
  devcard,
  alga,
  e2a,
  e2a_legacy: e2aLegacy,
};

/**
 * The body of a delivery. Rendered once, when the delivery is made, and stored: every attempt and every
 * replay sends the same bytes (S-056).
 *
 * @throws TypeError for an event that the profile cannot carry (see `carriesType`).
 */
export function renderBody(profile: SignatureProfile, event: OutboundEvent): string {
  if (!carriesType(profile, event.type)) {
    throw new TypeError(`${profile} cannot carry ${event.type}`);
  }
  return profiles[profile].renderBody(event);
}

/**
 * Every header of one attempt but Host and the length. Names are as receivers know them; none comes
 * twice in another case.
 *
 * While there are two secrets, headers with room for it carry a signature with each, the current one
 * first (S-070). Those with room for one are signed with the first secret.
 *
 * @throws TypeError when none of the secrets is of a kind the profile signs with (see `acceptsSecret`).
 */
export function signHeaders({
  profile,
  ...request
}: SigningRequest & { readonly profile: SignatureProfile }): RequestHeaders {
  const secrets = request.secrets.filter((secret) => acceptsSecret(profile, secret));
  if (secrets.length === 0) throw new TypeError(`no secret that ${profile} can sign with`);
  return profiles[profile].headers({ ...request, secrets });
}

/** Kind of the secret that is drawn for an endpoint with this profile. */
export function secretKindOf(profile: SignatureProfile): SecretKind {
  return profiles[profile].secretKind;
}

/** Whether a profile can sign with a secret: asked before an endpoint changes its profile. */
export function acceptsSecret(
  profile: SignatureProfile,
  { kind }: Pick<SigningSecret, 'kind'>,
): boolean {
  return profiles[profile].usableKinds.includes(kind);
}

/** Draws a secret of the kind that a profile needs: the text to show once and to seal. */
export function makeSecretFor(profile: SignatureProfile): string {
  return makeSecretOf(secretKindOf(profile));
}

/** Whether a profile has a body for events of a type. All but `e2a_legacy` carry every type. */
export function carriesType(profile: SignatureProfile, type: string): boolean {
  const { onlyType } = profiles[profile];
  return onlyType === undefined || onlyType === type;
}

/** Names that a signature must not take: they are set by every profile or belong to the connection. */
const takenNames: ReadonlySet<string> = new Set([
  'authorization',
  'connection',
  'content-encoding',
  'content-length',
  'content-type',
  'cookie',
  'date',
  'expect',
  'host',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'user-agent',
  'x-tidegate-attempt',
  'x-tidegate-delivery-id',
  'x-tidegate-event-id',
  'x-tidegate-event-type',
  'x-tidegate-schema-version',
  'x-tidegate-timestamp',
]);

/** Whether an endpoint may name the header of its signature so: only `body_sha256` and `body_hex` (S-067). */
export function takesHeaderName(profile: SignatureProfile, name: string): boolean {
  const isName = /^[A-Za-z][A-Za-z0-9-]{0,63}$/.test(name) && !takenNames.has(name.toLowerCase());
  return isName && profiles[profile].renamableHeader !== undefined;
}
