import { timestampedSignature } from '../signatures.ts';
import { commonHeaders, textKeys, textKinds, type Profile } from './profile.ts';

/** Outbound webhooks as alga sends them. Its tenant id is our tenant slug, which its portal knows too. */
export const alga: Profile = {
  secretKind: 'whsec',
  usableKinds: textKinds,
  renderBody: ({ id, type, createdAt, tenantSlug, data }) =>
    JSON.stringify({
      event_id: id,
      event_type: type,
      occurred_at: createdAt,
      tenant_id: tenantSlug,
      data,
    }),
  headers: (request) => ({
    ...commonHeaders(request),
    'X-Alga-Signature': timestampedSignature(textKeys(request.secrets), request),
    'X-Alga-Webhook-Id': request.endpointId,
    'X-Alga-Event-Id': request.event.id,
    'X-Alga-Event-Type': request.event.type,
    'X-Alga-Delivery-Id': request.deliveryId,
    'X-Alga-Delivery-Attempt': String(request.attempt),
  }),
};
