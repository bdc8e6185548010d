import type { EndpointSettings } from '../../../shared/db/queries/endpoints.ts';
import { TidegateError, type ErrorDetail } from '../../../shared/errors/tidegate-error.ts';
import { eventTypeNames } from '../../../shared/events/catalogue.ts';
import { checkTypePatterns } from '../../../shared/events/filters.ts';
import { pointerOf } from '../../../shared/events/issues.ts';
import { endpointLimits, type EndpointChangeBody } from '../../../shared/schemas/endpoint-api.ts';
import { takesHeaderName, type SignatureProfile } from '../../../shared/signing/profiles.ts';

/** Everything an owner sets but the headers, which are sealed. */
export type PlainSettings = Omit<EndpointSettings, 'headerNames' | 'sealedHeaders'>;

/**
 * The settings of an endpoint with what a request names of them (S-090); an explicit empty list clears
 * a filter (S-085). `urlOf` gives a URL in the form in which it is stored.
 */
export function mergeSettings(
  current: PlainSettings,
  body: EndpointChangeBody,
  urlOf: (pointer: string, text: string) => string,
): PlainSettings {
  const { filters = {} } = body;
  const signatureProfile = body.signatureProfile ?? (current.signatureProfile as SignatureProfile);
  const retryProfile = body.retryProfile ?? current.retryProfile;
  return {
    name: body.name ?? current.name,
    url: body.url === undefined ? current.url : urlOf('/url', body.url),
    eventUrls: mergeUrls(current.eventUrls, body.eventUrls ?? {}, urlOf),
    description: body.description === undefined ? current.description : body.description,
    eventTypes: body.eventTypes ?? current.eventTypes,
    resourceTypes: body.resourceTypes ?? current.resourceTypes,
    channels: body.channels ?? current.channels,
    aiWorkflowStates: body.aiWorkflowStates ?? current.aiWorkflowStates,
    ownerIds: filters.owners ?? current.ownerIds,
    conversationIds: filters.conversations ?? current.conversationIds,
    labels: filters.labels ?? current.labels,
    signatureProfile,
    signatureHeader: headerOf(current, body, signatureProfile),
    retryProfile,
    retryWaitsMs:
      body.retryWaitsMs === undefined && retryProfile === current.retryProfile
        ? current.retryWaitsMs
        : (body.retryWaitsMs ?? null),
    timeoutMs: body.timeoutMs ?? current.timeoutMs,
    maxInFlight: body.maxInFlight ?? current.maxInFlight,
    ratePerMinute: body.ratePerMinute ?? current.ratePerMinute,
  };
}

function mergeUrls(
  current: EndpointSettings['eventUrls'],
  given: Readonly<Record<string, string | null>>,
  urlOf: (pointer: string, text: string) => string,
): Record<string, string> {
  const merged = new Map(Object.entries(current));
  for (const [type, text] of Object.entries(given)) {
    if (text === null) merged.delete(type);
    else merged.set(type, urlOf(pointerOf(['eventUrls', type]), text));
  }
  return Object.fromEntries(merged);
}

/** A name that was chosen for one profile is dropped by another one that has no use for it. */
function headerOf(
  current: PlainSettings,
  body: EndpointChangeBody,
  profile: SignatureProfile,
): string | null {
  if (body.signatureHeader !== undefined) return body.signatureHeader;
  const { signatureHeader } = current;
  return signatureHeader !== null && takesHeaderName(profile, signatureHeader)
    ? signatureHeader
    : null;
}

/**
 * What cannot be taken of settings that a request has named: members that do not fit each other, and
 * event types that nobody has. Throws `validation_failed` with all of it.
 */
export function requireFitting(
  settings: PlainSettings,
  body: EndpointChangeBody,
  tenantTypeNames: readonly string[],
): void {
  const details = [
    ...checkTypePatterns(body.eventTypes ?? [], tenantTypeNames),
    ...eventUrlFaults(settings, body, tenantTypeNames),
    ...signatureFaults(settings),
    ...retryFaults(settings),
  ];
  const [first] = details;
  if (first !== undefined) throw new TidegateError('validation_failed', first.message, { details });
}

function eventUrlFaults(
  { eventUrls }: PlainSettings,
  body: EndpointChangeBody,
  tenantTypeNames: readonly string[],
): ErrorDetail[] {
  if (Object.keys(eventUrls).length > endpointLimits.eventUrls) {
    const message = `At most ${endpointLimits.eventUrls} event types have URLs of their own.`;
    return [{ pointer: '/eventUrls', message }];
  }
  const known = new Set<string>([...eventTypeNames, ...tenantTypeNames]);
  return Object.entries(body.eventUrls ?? {}).flatMap(([type, url]) =>
    url === null || known.has(type)
      ? []
      : [
          {
            pointer: pointerOf(['eventUrls', type]),
            message: `There is no event type ${type}. Allowed are ${[...known].join(', ')}.`,
          },
        ],
  );
}

function signatureFaults({ signatureProfile, signatureHeader }: PlainSettings): ErrorDetail[] {
  const profile = signatureProfile as SignatureProfile;
  if (signatureHeader === null || takesHeaderName(profile, signatureHeader)) return [];
  const message =
    'Only body_sha256 and body_hex take a name for their header: letters, digits and hyphens, and none that a delivery carries anyway.';
  return [{ pointer: '/signatureHeader', message }];
}

function retryFaults({ retryProfile, retryWaitsMs }: PlainSettings): ErrorDetail[] {
  if ((retryProfile === 'custom') === (retryWaitsMs !== null)) return [];
  const message =
    retryProfile === 'custom'
      ? 'The profile custom needs its waits.'
      : 'Only the profile custom takes waits of its own.';
  return [{ pointer: '/retryWaitsMs', message }];
}
