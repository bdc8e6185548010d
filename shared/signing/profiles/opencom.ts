import { timestampedSignature } from '../signatures.ts';
import { commonHeaders, textKeys, textKinds, type Profile } from './profile.ts';

/** Event webhooks as opencom sends them: times in the body in milliseconds, in headers in seconds. */
export const opencom: Profile = {
  secretKind: 'whsec',
  usableKinds: textKinds,
  renderBody: ({ type, resourceType, resourceId, data, createdAt }) =>
    JSON.stringify({
      eventType: type,
      resourceType,
      resourceId,
      data,
      timestamp: Date.parse(createdAt),
    }),
  headers: (request) => ({
    ...commonHeaders(request),
    'X-Opencom-Signature': timestampedSignature(textKeys(request.secrets), request),
    'X-Opencom-Event-Id': request.event.id,
    'X-Opencom-Delivery-Id': request.deliveryId,
    'X-Opencom-Timestamp': String(request.timestampSeconds),
  }),
};
