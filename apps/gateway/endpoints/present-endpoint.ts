import type { Endpoint } from '../../../shared/db/queries/endpoints.ts';
import { toWireId } from '../../../shared/domain/ids.ts';
import type { EndpointView } from '../../../shared/schemas/endpoint-api.ts';
import type { SignatureProfile } from '../../../shared/signing/profiles.ts';
import type { EndpointServices } from './services.ts';

const iso = (moment: Date | null): string | null => moment?.toISOString() ?? null;

/** An endpoint as the API shows it: no secret, and of its headers the names alone. */
export function presentEndpoint(
  { readUrl }: Pick<EndpointServices, 'readUrl'>,
  endpoint: Endpoint,
): EndpointView {
  const { health } = endpoint;
  return {
    id: toWireId('endpoint', endpoint.id),
    name: endpoint.name,
    url: endpoint.url,
    eventUrls: { ...endpoint.eventUrls },
    isLoopback: [endpoint.url, ...Object.values(endpoint.eventUrls)].some((url) => {
      const verdict = readUrl(url);
      return verdict.ok && verdict.isLoopback;
    }),
    description: endpoint.description,
    eventTypes: [...endpoint.eventTypes],
    resourceTypes: [...endpoint.resourceTypes],
    channels: [...endpoint.channels],
    aiWorkflowStates: [...endpoint.aiWorkflowStates],
    filters: {
      owners: [...endpoint.ownerIds],
      conversations: [...endpoint.conversationIds],
      labels: [...endpoint.labels],
    },
    status: endpoint.status,
    disabledReason: endpoint.disabledReason,
    disabledAt: iso(endpoint.disabledAt),
    autoDisabledAt: iso(endpoint.autoDisabledAt),
    signatureProfile: endpoint.signatureProfile as SignatureProfile,
    signatureHeader: endpoint.signatureHeader,
    retryProfile: endpoint.retryProfile,
    retryWaitsMs: endpoint.retryWaitsMs && [...endpoint.retryWaitsMs],
    timeoutMs: endpoint.timeoutMs,
    maxInFlight: endpoint.maxInFlight,
    ratePerMinute: endpoint.ratePerMinute,
    headers: [...endpoint.headerNames],
    secretPrefix: endpoint.secretPrefix,
    publicKey: endpoint.publicKey,
    previousSecretExpiresAt: iso(endpoint.previousSecretExpiresAt),
    lastDeliveredAt: iso(health.lastDeliveredAt),
    health: {
      failuresInARow: health.failuresInARow,
      failingSince: iso(health.failingSince),
      lastAttemptAt: iso(health.lastAttemptAt),
      lastDeliveredAt: iso(health.lastDeliveredAt),
      lastDurationMs: health.lastDurationMs,
    },
    ownerUserId: endpoint.ownerUserId,
    createdBy: endpoint.createdBy,
    createdAt: endpoint.createdAt.toISOString(),
    updatedAt: endpoint.updatedAt.toISOString(),
  };
}
