import {
  addressNote,
  basic,
  basicUsername,
  bodyHmac,
  byExpression,
  chosenSecret,
  issuedSecret,
  noTimeNote,
  refetchNote,
  timeHeader,
} from './parts.ts';
import type { Preset } from './preset.ts';

/** What the three signatures of HubSpot have in common. */
const hubspot = {
  sender: 'HubSpot',
  secret: issuedSecret('Client secret of the app'),
  idempotency: null,
  eventType: byExpression('value[0].subscriptionType'),
  handshake: null,
  retryNote: 'Repeats up to ten times over 24 hours. Waits 5 s for an answer.',
  setup: [
    'In the app, open Auth, copy the client secret and save it as the secret of the hook.',
    'Under Webhooks, enter the address of the hook as target and subscribe to events.',
  ],
} as const satisfies Partial<Preset>;

const plainHashNote =
  'Prefer hubspot-v3. This is a plain hash with the secret in front, not an HMAC: who has one request can append to its body and compute the hash anew. Such a body is no longer JSON, which is what saves it.';
const batchNote =
  'The body is a list of events without an id of its own, and a repeated event has another attemptNumber.';

/** Sales and forms. */
export const sales: readonly Preset[] = [
  {
    ...hubspot,
    id: 'hubspot-v3',
    name: 'HubSpot, signature v3',
    verifier: {
      scheme: 'hmac',
      algorithm: 'sha256',
      signature: { from: 'header', names: ['X-HubSpot-Signature-v3'], encoding: 'base64' },
      timestamp: timeHeader('X-HubSpot-Request-Timestamp', 'unix_ms'),
      signed: ['method', 'url_decoded', 'body', 'timestamp'],
    },
    notes: [addressNote, batchNote],
    docsUrl:
      'https://developers.hubspot.com/docs/apps/developer-platform/build-apps/authentication/request-validation',
  },
  {
    ...hubspot,
    id: 'hubspot-v2',
    name: 'HubSpot, signature v2',
    verifier: {
      scheme: 'hash_concat',
      algorithm: 'sha256',
      signature: { from: 'header', names: ['X-HubSpot-Signature'], encoding: 'hex' },
      signed: ['key', 'method', 'url', 'body'],
    },
    notes: [plainHashNote, addressNote, noTimeNote, batchNote],
    docsUrl: 'https://legacydocs.hubspot.com/docs/faq/v2-request-validation',
  },
  {
    ...hubspot,
    id: 'hubspot-v1',
    name: 'HubSpot, signature v1',
    verifier: {
      scheme: 'hash_concat',
      algorithm: 'sha256',
      signature: { from: 'header', names: ['X-HubSpot-Signature'], encoding: 'hex' },
      signed: ['key', 'body'],
    },
    notes: [plainHashNote, noTimeNote, batchNote],
    docsUrl: 'https://legacydocs.hubspot.com/docs/faq/v1-request-validation',
  },
  {
    id: 'pipedrive',
    name: 'Pipedrive',
    sender: 'Pipedrive',
    verifier: basic(),
    secret: chosenSecret(`Password for the user name ${basicUsername}`),
    idempotency: null,
    eventType: byExpression('meta.entity & "." & meta.action'),
    handshake: null,
    retryNote: 'Repeats three times within a minute. Waits 10 s for an answer.',
    setup: [
      'Open Tools and apps, Webhooks, and create one with the address of the hook.',
      `Enter ${basicUsername} as HTTP auth username and the secret of the hook as password.`,
    ],
    notes: [refetchNote],
    docsUrl: 'https://pipedrive.readme.io/docs/guide-for-webhooks-v2',
  },
  {
    id: 'calendly',
    name: 'Calendly',
    sender: 'Calendly',
    verifier: {
      scheme: 'hmac',
      algorithm: 'sha256',
      signature: {
        from: 'header',
        names: ['Calendly-Webhook-Signature'],
        itemSep: ',',
        kvSep: '=',
        fields: ['v1'],
        encoding: 'hex',
      },
      timestamp: { from: 'signature', name: 't', format: 'unix_s' },
      signed: ['timestamp', { literal: '.' }, 'body'],
    },
    secret: chosenSecret('Signing key'),
    idempotency: byExpression('event & ":" & created_at & ":" & payload.uri'),
    eventType: byExpression('event'),
    handshake: null,
    retryNote: 'Repeats for up to 24 hours and then switches the subscription off.',
    setup: [
      'Create the subscription through the API with the address of the hook as url and the secret of the hook as signing_key.',
    ],
    notes: [],
    docsUrl: 'https://developer.calendly.com/api-docs/4c305798a61d3-webhook-signatures',
  },
  {
    id: 'typeform',
    name: 'Typeform',
    sender: 'Typeform',
    verifier: bodyHmac({ header: 'Typeform-Signature', encoding: 'base64', prefix: 'sha256=' }),
    secret: chosenSecret('Secret'),
    idempotency: byExpression('event_id'),
    eventType: byExpression('event_type'),
    handshake: null,
    retryNote: 'Repeats for hours with growing pauses. Waits 30 s for an answer.',
    setup: [
      'In the form, open Connect, Webhooks, and add one with the address of the hook.',
      'Edit it, enter the secret of the hook and switch it on.',
    ],
    notes: [noTimeNote, 'The prefix says sha256=, but what follows is base64, not hex.'],
    docsUrl: 'https://www.typeform.com/developers/webhooks/secure-your-webhooks/',
  },
];
