import { e2aSignatureHeaders } from './e2a.ts';
import { textKinds, type Profile, type RequestHeaders } from './profile.ts';

/** The day after which e2a promises nothing more of this mode, and its HTTP date (RFC 8594). */
const sunsetDay = '2026-12-01';
const sunset = 'Tue, 01 Dec 2026 00:00:00 GMT';
const deprecation = `the single-URL mode is deprecated; subscribe an endpoint instead. Sunset: ${sunsetDay}`;

/** Members of the payload, in the order in which e2a writes them. */
const members = [
  'message_id',
  'conversation_id',
  'from',
  'to',
  'cc',
  'reply_to',
  'recipient',
  'raw_message',
  'auth_headers',
] as const;

/** The headers of an authenticated mail are forwarded; other names in that member are left out. */
const authHeaderName = /^X-E2A-Auth-[A-Za-z0-9-]{1,64}$/i;
const authHeaderValue = /^[\x20-\x7e]{0,1024}$/;
const authHeadersMax = 32;

/**
 * The one URL of an agent as e2a called it before there were subscriptions: received mails only, one
 * flat payload, and headers that announce the end of it. e2a did not sign these; we do, in its header,
 * since a receiver that does not look loses nothing.
 */
export const e2aLegacy: Profile = {
  secretKind: 'whsec',
  usableKinds: textKinds,
  onlyType: 'email.received',
  renderBody: ({ data, createdAt }) =>
    JSON.stringify({
      ...Object.fromEntries(members.map((name) => [name, data[name] ?? null])),
      received_at: data['received_at'] ?? createdAt,
    }),
  headers: (request) => ({
    ...forwardedHeaders(request.body),
    ...e2aSignatureHeaders(request),
    'X-E2A-Deprecation': deprecation,
    Sunset: sunset,
  }),
};

/** Read from the stored body, so that they are the same on every attempt. */
function forwardedHeaders(body: string): RequestHeaders {
  const { auth_headers: given } = JSON.parse(body) as { readonly auth_headers?: unknown };
  if (typeof given !== 'object' || given === null) return {};
  const byName = new Map<string, readonly [name: string, value: string]>();
  for (const [name, value] of Object.entries(given).slice(0, authHeadersMax)) {
    const isUsable = typeof value === 'string' && authHeaderValue.test(value);
    if (isUsable && authHeaderName.test(name)) byName.set(name.toLowerCase(), [name, value]);
  }
  return Object.fromEntries(byName.values());
}
