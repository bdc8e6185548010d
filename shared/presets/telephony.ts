import type { HmacCheck } from '../schemas/verifier-check.ts';
import {
  addressNote,
  byExpression,
  byHeader,
  issuedSecret,
  noTimeNote,
  timeHeader,
  versionZero,
} from './parts.ts';
import type { Preset } from './preset.ts';

const twilioSignature: HmacCheck['signature'] = {
  from: 'header',
  names: ['X-Twilio-Signature'],
  encoding: 'base64',
};

/** Telephony and meetings. */
export const telephony: readonly Preset[] = [
  {
    id: 'twilio',
    name: 'Twilio',
    sender: 'Twilio',
    verifier: {
      anyOf: [
        {
          allOf: [
            {
              scheme: 'hmac',
              algorithm: 'sha1',
              signature: twilioSignature,
              signed: ['url', 'form_sorted'],
            },
            // A captured JSON request must not pass as an empty form.
            {
              scheme: 'body_digest',
              algorithm: 'sha256',
              digest: { from: 'query', name: 'bodySHA256', encoding: 'hex' },
              isRequired: false,
            },
          ],
        },
        {
          allOf: [
            { scheme: 'hmac', algorithm: 'sha1', signature: twilioSignature, signed: ['url'] },
            {
              scheme: 'body_digest',
              algorithm: 'sha256',
              digest: { from: 'query', name: 'bodySHA256', encoding: 'hex' },
            },
          ],
        },
      ],
    },
    secret: issuedSecret('Auth token of the account'),
    idempotency: byHeader('I-Twilio-Idempotency-Token'),
    eventType: null,
    handshake: null,
    retryNote:
      'Waits 15 s for an answer and calls the fallback address if there is one. More attempts are an option at the end of the address (#rc=…).',
    setup: [
      'Enter the address of the hook where Twilio asks for a webhook: at a number, a messaging service or in the request that makes a call or message.',
      'Save the primary auth token of the account as the secret of the hook.',
    ],
    notes: [
      addressNote,
      'Two formats: a form body is signed with the address; of a JSON body the SHA-256 stands in the address as bodySHA256, and both are checked.',
      'While the auth token is replaced, add the secondary one as a second key.',
      noTimeNote,
    ],
    docsUrl: 'https://www.twilio.com/docs/usage/webhooks/webhooks-security',
  },
  {
    id: 'telnyx',
    name: 'Telnyx',
    sender: 'Telnyx',
    verifier: {
      scheme: 'asymmetric',
      algorithm: 'ed25519',
      signature: { from: 'header', names: ['telnyx-signature-ed25519'], encoding: 'base64' },
      timestamp: timeHeader('telnyx-timestamp', 'unix_s'),
      signed: ['timestamp', { literal: '|' }, 'body'],
    },
    secret: issuedSecret('Public key of the account (base64)'),
    idempotency: byExpression('data.id'),
    eventType: byExpression('data.event_type'),
    handshake: null,
    retryNote: 'Repeats twice, then calls the failover address if there is one.',
    setup: [
      'In the portal, open Keys and Credentials, Public Key, and save it as the key of the hook.',
      'Enter the address of the hook as webhook of the application, messaging profile or connection.',
    ],
    notes: [],
    docsUrl: 'https://developers.telnyx.com/docs/messaging/messages/receiving-webhooks',
  },
  {
    id: 'vonage',
    name: 'Vonage',
    sender: 'Vonage',
    verifier: {
      scheme: 'jwt_body_hash',
      algorithm: 'HS256',
      token: { header: 'Authorization', prefix: 'Bearer ' },
      bodyHash: { claim: 'payload_hash', encoding: 'hex' },
      issuer: 'Vonage',
      maxAgeSeconds: 900,
    },
    secret: issuedSecret('Signature secret of the account'),
    idempotency: byExpression('message_uuid'),
    eventType: null,
    handshake: null,
    retryNote: 'Repeats for up to 24 hours.',
    setup: [
      'In the dashboard, open API settings and save the signature secret as the secret of the hook.',
      'Enter the address of the hook in the application, as inbound or status address, and switch signed webhooks on where the product has them as an option.',
    ],
    notes: [
      'Only requests with a body carry its hash, so callbacks by GET are refused.',
      'Status and inbound messages share message_uuid. Use one hook for each.',
      'The SMS API signs in another way, which is not covered.',
    ],
    docsUrl: 'https://developer.vonage.com/en/getting-started/concepts/webhooks',
  },
  {
    id: 'livekit',
    name: 'LiveKit',
    sender: 'LiveKit',
    verifier: {
      scheme: 'jwt_body_hash',
      algorithm: 'HS256',
      token: { header: 'Authorization' },
      bodyHash: { claim: 'sha256', encoding: 'base64' },
    },
    secret: issuedSecret('API secret'),
    idempotency: byExpression('id'),
    eventType: byExpression('event'),
    handshake: null,
    retryNote: 'Repeats a few times with growing pauses.',
    setup: [
      'Enter the address of the hook under webhook.urls of the server, or in the settings of the cloud project, and choose the API key to sign with.',
      'Save the API secret that belongs to that key as the secret of the hook.',
    ],
    notes: ['The token in the header has an expiry, which is checked.'],
    docsUrl: 'https://docs.livekit.io/home/server/webhooks/',
  },
  {
    id: 'zoom',
    name: 'Zoom',
    sender: 'Zoom',
    verifier: {
      scheme: 'hmac',
      algorithm: 'sha256',
      signature: { from: 'header', names: ['x-zm-signature'], prefix: 'v0=', encoding: 'hex' },
      timestamp: timeHeader('x-zm-request-timestamp', 'unix_s'),
      signed: versionZero,
    },
    secret: issuedSecret('Secret token of the app'),
    idempotency: byExpression(
      'event & ":" & $string(event_ts) & ":" & $string(payload.object.(uuid ? uuid : id))',
    ),
    eventType: byExpression('event'),
    handshake: {
      kind: 'sign',
      methods: ['POST'],
      when: [{ from: 'bodyPath', name: 'event', equals: 'endpoint.url_validation' }],
      from: 'bodyPath',
      name: 'payload.plainToken',
      encoding: 'hex',
      textField: 'plainToken',
      signatureField: 'encryptedToken',
    },
    retryNote: 'Repeats three times, after 5, 20 and 60 minutes. Waits 3 s for an answer.',
    setup: [
      'In the app, open Feature, copy the secret token and save it as the secret of the hook.',
      'Add an event subscription with the address of the hook, choose events and press Validate.',
    ],
    notes: [
      'Zoom checks the address again every 72 hours with a text that it wants signed. Only short texts of letters, digits, _ and - are, because that request carries no proof.',
    ],
    docsUrl: 'https://developers.zoom.us/docs/api/webhooks/',
  },
];
