import { timestampedSignature } from '../signatures.ts';
import {
  commonHeaders,
  textKeys,
  textKinds,
  type Profile,
  type RequestHeaders,
  type SigningRequest,
} from './profile.ts';

/** The part of e2a's headers that its legacy mode shares. */
export const e2aSignatureHeaders = (request: SigningRequest): RequestHeaders => ({
  ...commonHeaders(request),
  'User-Agent': 'e2a-webhooks/1',
  'X-E2A-Signature': timestampedSignature(textKeys(request.secrets), request),
});

/** Subscriber webhooks as e2a sends them, in the later of its two envelopes. */
export const e2a: Profile = {
  secretKind: 'whsec',
  usableKinds: textKinds,
  renderBody: ({ id, type, schemaVersion, createdAt, data }) =>
    JSON.stringify({ type, id, schema_version: schemaVersion, created_at: createdAt, data }),
  headers: (request) => ({
    ...e2aSignatureHeaders(request),
    'X-E2A-Event-Type': request.event.type,
    'X-E2A-Schema-Version': request.event.schemaVersion,
  }),
};
