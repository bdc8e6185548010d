import type { OutboundEvent } from '../outbound-event.ts';
import { standardSignature, timestampedSignature } from '../signatures.ts';
import {
  commonHeaders,
  type Profile,
  type RequestHeaders,
  type SigningRequest,
} from './profile.ts';

/** The body of every profile that has no other. */
export function renderDefaultBody(event: OutboundEvent): string {
  return JSON.stringify({
    id: event.id,
    type: event.type,
    schema_version: event.schemaVersion,
    created_at: event.createdAt,
    data: event.data,
    resource: { type: event.resourceType, id: event.resourceId },
    ...(event.receipt && { receipt: event.receipt }),
  });
}

/**
 * The headers of Standard Webhooks, and of ours where there is a shared secret. Secrets of both kinds
 * may stand side by side: that is how an endpoint moves from one to the other without a gap.
 */
function standardHeaders(request: SigningRequest): RequestHeaders {
  const { event, body, timestampSeconds } = request;
  const secrets = request.secrets.filter((secret) => secret.kind !== 'hex');
  const texts = secrets.flatMap((secret) => (secret.kind === 'whsec' ? [secret.text] : []));
  return {
    ...commonHeaders(request),
    // The id of the event, not of the attempt: what receivers de-duplicate by.
    'webhook-id': event.id,
    'webhook-timestamp': String(timestampSeconds),
    'webhook-signature': standardSignature(secrets, { id: event.id, timestampSeconds, body }),
    ...(texts.length > 0 && {
      'X-Tidegate-Signature': timestampedSignature(texts, { timestampSeconds, body }),
    }),
  };
}

/** The default. Any library of Standard Webhooks verifies it, and so does one for `t=,v1=`. */
export const standard: Profile = {
  secretKind: 'whsec',
  usableKinds: ['whsec', 'ed25519'],
  renderBody: renderDefaultBody,
  headers: standardHeaders,
};

/** The same with a key pair: receivers hold nothing that could sign. */
export const standardV1a: Profile = { ...standard, secretKind: 'ed25519' };
