import { bodyHmac, byExpression, byHeader, issuedSecret, noTimeNote, timeHeader } from './parts.ts';
import type { Preset } from './preset.ts';

/** Documents and files. */
export const documents: readonly Preset[] = [
  {
    id: 'docusign',
    name: 'DocuSign Connect',
    sender: 'DocuSign',
    verifier: {
      scheme: 'hmac',
      algorithm: 'sha256',
      signature: {
        from: 'header',
        names: [1, 2, 3, 4, 5, 6, 7, 8].map((number) => `X-DocuSign-Signature-${number}`),
        encoding: 'base64',
      },
      signed: ['body'],
    },
    secret: issuedSecret('Connect key'),
    idempotency: byExpression('event & ":" & data.envelopeId & ":" & generatedDateTime'),
    eventType: byExpression('event'),
    handshake: null,
    retryNote:
      'Repeats for up to 15 days with growing pauses when the configuration requires an acknowledgement.',
    setup: [
      'In the administration, open Integrations, Connect, Connect Keys, create a key and save it as the secret of the hook.',
      'Add a configuration with the address of the hook, format JSON (REST v2.1), and switch HMAC signatures on.',
    ],
    notes: [
      noTimeNote,
      'DocuSign signs with every active key, each in a numbered header. The first eight are looked at.',
    ],
    docsUrl: 'https://developers.docusign.com/platform/webhooks/connect/validate/',
  },
  {
    id: 'pandadoc',
    name: 'PandaDoc',
    sender: 'PandaDoc',
    verifier: {
      scheme: 'hmac',
      algorithm: 'sha256',
      signature: { from: 'query', names: ['signature'], encoding: 'hex' },
      signed: ['body'],
    },
    secret: issuedSecret('Shared key'),
    idempotency: null,
    eventType: byExpression('value[0].event'),
    handshake: null,
    retryNote: 'Repeats several times with growing pauses. Waits 20 s for an answer.',
    setup: [
      'Open Settings, Integrations, Webhooks, and create one with the address of the hook.',
      'Copy its shared key and save it as the secret of the hook.',
    ],
    notes: [
      noTimeNote,
      'The signature stands in the query of the address, and the body is a list of events.',
    ],
    docsUrl: 'https://developers.pandadoc.com/reference/on-webhook-verification',
  },
  {
    id: 'box',
    name: 'Box',
    sender: 'Box',
    verifier: {
      scheme: 'hmac',
      algorithm: 'sha256',
      signature: {
        from: 'header',
        names: ['BOX-SIGNATURE-PRIMARY', 'BOX-SIGNATURE-SECONDARY'],
        encoding: 'base64',
      },
      timestamp: timeHeader('BOX-DELIVERY-TIMESTAMP', 'iso8601', 600),
      signed: ['body', 'timestamp'],
    },
    secret: issuedSecret('Primary signature key; add the secondary as a second key'),
    idempotency: byHeader('BOX-DELIVERY-ID'),
    eventType: byExpression('trigger'),
    handshake: null,
    retryNote: 'Repeats up to ten times over about two hours. Waits 30 s for an answer.',
    setup: [
      'In the developer console, open the app, Webhooks, Manage signature keys, and generate both keys.',
      'Save the primary key as the secret of the hook and add the secondary one.',
      'Create a webhook with the address of the hook for a file or folder.',
    ],
    notes: ['Each request carries two signatures, one for each key; one has to match.'],
    docsUrl: 'https://developer.box.com/guides/webhooks/v2/signatures-v2/',
  },
  {
    id: 'dropbox',
    name: 'Dropbox',
    sender: 'Dropbox',
    verifier: bodyHmac({ header: 'X-Dropbox-Signature', encoding: 'hex' }),
    secret: issuedSecret('App secret'),
    idempotency: null,
    eventType: null,
    handshake: {
      kind: 'echo',
      methods: ['GET'],
      from: 'query',
      name: 'challenge',
      as: { in: 'text' },
      isSigned: false,
    },
    retryNote: 'Repeats for a while with growing pauses. Waits 10 s for an answer.',
    setup: [
      'In the app console, copy the app secret and save it as the secret of the hook.',
      'Under Webhooks, add the address of the hook. Dropbox asks for a challenge at once.',
    ],
    notes: [noTimeNote, 'The body only names the accounts that changed. List the changes by API.'],
    docsUrl: 'https://www.dropbox.com/developers/reference/webhooks',
  },
  {
    id: 'smartsheet',
    name: 'Smartsheet',
    sender: 'Smartsheet',
    verifier: bodyHmac({ header: 'Smartsheet-Hmac-SHA256', encoding: 'hex' }),
    secret: issuedSecret('Shared secret of the webhook'),
    idempotency: null,
    eventType: byExpression('events[0].(objectType & "." & eventType)'),
    handshake: {
      kind: 'echo',
      methods: ['POST'],
      from: 'header',
      name: 'Smartsheet-Hook-Challenge',
      as: { in: 'header', name: 'Smartsheet-Hook-Response' },
      isSigned: false,
    },
    retryNote: 'Repeats for hours with growing pauses, then switches the webhook off.',
    setup: [
      'Create the webhook through the API with the address of the hook as callbackUrl.',
      'Save the sharedSecret of the answer as the secret of the hook.',
      'Set the webhook to enabled. Smartsheet asks for a challenge then, and again every 100 requests.',
    ],
    notes: [noTimeNote, 'The body only names what changed. Read it through the API.'],
    docsUrl:
      'https://developers.smartsheet.com/api/smartsheet/guides/webhooks/webhook-verification',
  },
];
