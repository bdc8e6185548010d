import { v7 as uuidv7 } from 'uuid';
import { nobody } from '../../../shared/db/endpoint-owner.ts';
import { databaseError } from '../../../shared/db/pool.ts';
import { wakeWaiting } from '../../../shared/db/queries/endpoint-backlog.ts';
import { lockGateOnly } from '../../../shared/db/queries/endpoint-gates.ts';
import { listSecretKinds } from '../../../shared/db/queries/endpoint-secrets.ts';
import {
  countEndpointsLocked,
  endpointDefaults,
  endpointNameConstraint,
  insertEndpoint,
  updateEndpoint,
  type Endpoint,
  type EndpointSettings,
} from '../../../shared/db/queries/endpoints.ts';
import { listTenantEventTypeNames } from '../../../shared/db/queries/tenant-event-types.ts';
import type { TenantTx } from '../../../shared/db/tenant.ts';
import { parseEndpointId, type EndpointId } from '../../../shared/domain/ids.ts';
import { TidegateError } from '../../../shared/errors/tidegate-error.ts';
import type { EndpointChangeBody, NewEndpointBody } from '../../../shared/schemas/endpoint-api.ts';
import type { SignatureProfile } from '../../../shared/signing/profiles.ts';
import { userIdOf } from '../api/caller.ts';
import { storedUrl } from './check-urls.ts';
import { changedHeaders, requireFreeNames, type GivenHeaders } from './own-headers.ts';
import type { EndpointServices } from './services.ts';
import { mergeSettings, requireFitting } from './settings.ts';
import { addSigningSecret, isSignable } from './signing-secret.ts';
import { ownerOf, requireEndpoint, type EndpointContext } from './visibility.ts';

/** How many endpoints there may be: of a tenant, or of a user where they belong to users (S-088). */
const endpointsMax = { tenant: 50, user: 5 } as const;

export interface CreatedEndpoint {
  readonly id: EndpointId;
  readonly signingSecret: string;
}

/**
 * Makes an endpoint with its secret. Its URLs have passed `checkUrls`. Throws `endpoint_limit_reached`,
 * `name_taken` or `validation_failed`.
 */
export async function createEndpoint(
  services: EndpointServices,
  context: EndpointContext,
  { headers = {}, signingSecret: given, ...body }: NewEndpointBody,
): Promise<CreatedEndpoint> {
  const { tx, caller } = context;
  const owner = await ownerOf(context);
  const ownerUserId = owner === nobody ? null : owner;
  const limit = ownerUserId === null ? endpointsMax.tenant : endpointsMax.user;
  if ((await countEndpointsLocked(tx, owner)) >= limit) {
    throw new TidegateError('endpoint_limit_reached', `There may be at most ${limit} endpoints.`);
  }
  const id = parseEndpointId(uuidv7());
  const defaults = { ...endpointDefaults, name: `endpoint-${id.slice(-8)}`, url: '' };
  // The legacy mode has the schedule that belongs to it (S-065).
  const retryProfile = body.signatureProfile === 'e2a_legacy' ? 'legacy' : defaults.retryProfile;
  const current = { ...defaults, retryProfile } as const;
  const settings = await changedSettings(services, tx, { id, ...current }, body, headers);
  const owners = { createdBy: userIdOf(caller), ownerUserId };
  await insertEndpoint(tx, id, settings, owners).catch(nameTaken);
  const profile = settings.signatureProfile as SignatureProfile;
  return { id, signingSecret: await addSigningSecret(services.vault, tx, id, profile, given) };
}

/**
 * Changes what the body names of an endpoint. Keeps its secret; a profile that cannot sign with it gets
 * one of its own kind beside it, which is returned to be shown once. Deliveries that waited by a limit
 * or for a URL that has changed go on.
 */
export async function changeEndpoint(
  services: EndpointServices,
  context: EndpointContext,
  wireId: string,
  { headers = {}, ...body }: EndpointChangeBody,
): Promise<{ readonly endpoint: Endpoint; readonly signingSecret: string | null }> {
  const { tx } = context;
  const { id } = await requireEndpoint(context, wireId);
  // An attempt that ends holds the gate when it disables its endpoint: this order cannot cross it.
  lockGateOnly(tx, id);
  const endpoint = await requireEndpoint(context, wireId, 'for update');
  const settings = await changedSettings(services, tx, endpoint, body, headers);
  await updateEndpoint(tx, id, settings).catch(nameTaken);
  if (isWaitShortened(endpoint, settings)) {
    await wakeWaiting(tx, id, areUrlsChanged(endpoint, settings));
  }
  const profile = settings.signatureProfile as SignatureProfile;
  const kinds = await listSecretKinds(tx, id);
  const signingSecret = isSignable(profile, kinds)
    ? null
    : await addSigningSecret(services.vault, tx, id, profile);
  return { endpoint, signingSecret };
}

async function changedSettings(
  services: EndpointServices,
  tx: TenantTx,
  current: EndpointSettings & { readonly id: EndpointId },
  body: EndpointChangeBody,
  headers: GivenHeaders,
): Promise<EndpointSettings> {
  const urlOf = (pointer: string, text: string): string => storedUrl(services, pointer, text);
  const plain = mergeSettings(current, body, urlOf);
  requireFitting(plain, body, await listTenantEventTypeNames(tx));
  const own = await changedHeaders(services.vault, tx, current.id, current, headers);
  requireFreeNames(own.headerNames, plain);
  return { ...plain, ...own };
}

function isWaitShortened(before: EndpointSettings, after: EndpointSettings): boolean {
  return (
    after.maxInFlight > before.maxInFlight ||
    after.ratePerMinute > before.ratePerMinute ||
    areUrlsChanged(before, after)
  );
}

function areUrlsChanged(before: EndpointSettings, after: EndpointSettings): boolean {
  const text = ({ url, eventUrls }: EndpointSettings): string => JSON.stringify([url, eventUrls]);
  return text(before) !== text(after);
}

function nameTaken(error: unknown): never {
  if (databaseError(error)?.constraint === endpointNameConstraint) {
    throw new TidegateError('name_taken');
  }
  throw error;
}
