import {
  openEndpointHeaders,
  sealEndpointHeaders,
} from '../../../shared/crypto/endpoint-secrets.ts';
import type { TenantVault } from '../../../shared/crypto/tenant-vault.ts';
import type { EndpointSettings } from '../../../shared/db/queries/endpoints.ts';
import type { TenantTx } from '../../../shared/db/tenant.ts';
import type { EndpointId } from '../../../shared/domain/ids.ts';
import { checkHeaderName, checkHeaderValue } from '../../../shared/egress/headers.ts';
import { invalid } from '../../../shared/errors/tidegate-error.ts';
import { pointerOf } from '../../../shared/events/issues.ts';
import { endpointLimits } from '../../../shared/schemas/endpoint-api.ts';
import {
  makeSecretFor,
  signHeaders,
  type SignatureProfile,
} from '../../../shared/signing/profiles.ts';
import { parseSigningSecret } from '../../../shared/signing/secrets.ts';

type StoredHeaders = Pick<EndpointSettings, 'headerNames' | 'sealedHeaders'>;
type Profiled = Pick<EndpointSettings, 'signatureProfile' | 'signatureHeader'>;

/** Headers as a request gives them; null removes one. Names are compared without case. */
export type GivenHeaders = Readonly<Record<string, string | null>>;

/**
 * The headers of an endpoint with those that are given, sealed: a value may be a credential. Throws
 * `validation_failed` for a name or value that may not be sent, or that the signature takes.
 */
export async function changedHeaders(
  vault: TenantVault,
  tx: TenantTx,
  id: EndpointId,
  current: StoredHeaders,
  given: GivenHeaders,
): Promise<StoredHeaders> {
  const stored = await openEndpointHeaders(vault, tx, id, current.sealedHeaders);
  const byName = new Map(Object.entries(stored).map((entry) => [entry[0].toLowerCase(), entry]));
  for (const [name, value] of Object.entries(given)) {
    const key = name.toLowerCase();
    if (value === null) byName.delete(key);
    else byName.set(key, [checkedName(name), checkedValue(name, value)]);
  }
  if (byName.size > endpointLimits.headers) {
    throw invalid('/headers', `An endpoint has at most ${endpointLimits.headers} headers.`);
  }
  if (byName.size === 0) return { headerNames: [], sealedHeaders: null };
  const headers = Object.fromEntries(byName.values());
  return {
    headerNames: Object.keys(headers).toSorted(),
    sealedHeaders: await sealEndpointHeaders(vault, tx, id, headers),
  };
}

/**
 * Throws `validation_failed` when an endpoint's own header has a name that its deliveries carry anyway:
 * they would carry it twice, and receivers differ in which one they read.
 */
export function requireFreeNames(headerNames: readonly string[], profiled: Profiled): void {
  const taken = takenNames(profiled);
  const name = headerNames.find((each) => taken.has(each.toLowerCase()));
  if (name === undefined) return;
  throw invalid(
    pointerOf(['headers', name]),
    `The header ${name} is set by the signature profile.`,
  );
}

/** The names that every delivery with this profile carries: those of a made-up one. */
function takenNames({ signatureProfile, signatureHeader }: Profiled): ReadonlySet<string> {
  const profile = signatureProfile as SignatureProfile;
  const secret = parseSigningSecret(makeSecretFor(profile));
  if (secret === undefined) throw new Error(`a secret for ${profile} cannot be read`);
  const headers = signHeaders({
    profile,
    secrets: [secret],
    body: '{}',
    event: { id: 'evt_', type: 'test.ping', schemaVersion: '1', createdAt: '' },
    deliveryId: 'whd_',
    endpointId: 'wh_',
    attempt: 1,
    timestampSeconds: 0,
    ...(signatureHeader === null ? {} : { headerName: signatureHeader }),
  });
  return new Set(Object.keys(headers).map((name) => name.toLowerCase()));
}

function checkedName(name: string): string {
  const fault = checkHeaderName(name);
  if (fault !== undefined) throw invalid(pointerOf(['headers', name]), `The name ${fault}.`);
  return name;
}

function checkedValue(name: string, value: string): string {
  const fault = checkHeaderValue(value);
  if (fault !== undefined) throw invalid(pointerOf(['headers', name]), `The value ${fault}.`);
  return value;
}
