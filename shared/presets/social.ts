import {
  bodyHmac,
  byExpression,
  byHeader,
  chosenSecret,
  issuedSecret,
  noTimeNote,
  retriesUnknown,
  timeHeader,
} from './parts.ts';
import type { Preset } from './preset.ts';

/** Meta and WhatsApp differ by name and by where the kind of event stands. */
const meta = (
  options: Pick<Preset, 'id' | 'name' | 'sender'> & { readonly eventType: string },
): Preset => ({
  id: options.id,
  name: options.name,
  sender: options.sender,
  verifier: bodyHmac({ header: 'X-Hub-Signature-256', encoding: 'hex', prefix: 'sha256=' }),
  secret: {
    label: 'App secret and verify token',
    slots: [
      { slot: 'default', label: 'App secret' },
      { slot: 'verify_token', label: 'Verify token', generate: true },
    ],
  },
  idempotency: null,
  eventType: byExpression(options.eventType),
  handshake: {
    kind: 'echo',
    methods: ['GET'],
    when: [{ from: 'query', name: 'hub.mode', equals: 'subscribe' }],
    from: 'query',
    name: 'hub.challenge',
    as: { in: 'text' },
    isSigned: false,
    token: { from: 'query', name: 'hub.verify_token', slot: 'verify_token' },
  },
  retryNote: 'Repeats with growing pauses, for hours up to days.',
  setup: [
    'In the app dashboard, open App settings, Basic, and save the app secret as the secret of the hook.',
    'Open the webhooks of the product, enter the address of the hook and, as verify token, the one of the hook. Meta asks for the address at once.',
    'Subscribe to fields.',
  ],
  notes: [
    noTimeNote,
    'One request can carry several changes, and there is no id for the whole.',
    'Letters outside ASCII are signed in the escaped form in which they are sent. The bytes are hashed as they come, so this needs no care.',
  ],
  docsUrl: 'https://developers.facebook.com/docs/graph-api/webhooks/getting-started',
});

/** Social networks and streams. */
export const social: readonly Preset[] = [
  meta({
    id: 'meta',
    name: 'Meta (Facebook, Instagram, Messenger)',
    sender: 'Meta',
    eventType: 'object',
  }),
  meta({
    id: 'whatsapp',
    name: 'WhatsApp Cloud API',
    sender: 'WhatsApp',
    eventType: 'entry[0].changes[0].field',
  }),
  {
    id: 'twitch',
    name: 'Twitch EventSub',
    sender: 'Twitch',
    verifier: {
      scheme: 'hmac',
      algorithm: 'sha256',
      signature: {
        from: 'header',
        names: ['Twitch-Eventsub-Message-Signature'],
        prefix: 'sha256=',
        encoding: 'hex',
      },
      timestamp: timeHeader('Twitch-Eventsub-Message-Timestamp', 'iso8601', 600),
      messageId: { from: 'header', name: 'Twitch-Eventsub-Message-Id' },
      signed: ['id', 'timestamp', 'body'],
    },
    secret: chosenSecret('Secret'),
    idempotency: byHeader('Twitch-Eventsub-Message-Id'),
    eventType: byHeader('Twitch-Eventsub-Subscription-Type'),
    handshake: {
      kind: 'echo',
      methods: ['POST'],
      when: [
        {
          from: 'header',
          name: 'Twitch-Eventsub-Message-Type',
          equals: 'webhook_callback_verification',
        },
      ],
      from: 'bodyPath',
      name: 'challenge',
      as: { in: 'text' },
      isSigned: true,
    },
    retryNote: 'Repeats several times under the same message id, then revokes the subscription.',
    setup: [
      'Create the subscription through the API with the address of the hook as callback and the secret of the hook as secret.',
    ],
    notes: ['Twitch takes secrets of 10 to 100 ASCII characters; here they have at least 16.'],
    docsUrl: 'https://dev.twitch.tv/docs/eventsub/handling-webhook-events/',
  },
  {
    id: 'x',
    name: 'X (Twitter) account activity',
    sender: 'X',
    verifier: bodyHmac({
      header: 'x-twitter-webhooks-signature',
      encoding: 'base64',
      prefix: 'sha256=',
    }),
    secret: issuedSecret('API key secret (consumer secret) of the app'),
    idempotency: null,
    eventType: null,
    handshake: {
      kind: 'sign',
      methods: ['GET'],
      from: 'query',
      name: 'crc_token',
      encoding: 'base64',
      prefix: 'sha256=',
      signatureField: 'response_token',
    },
    retryNote: retriesUnknown,
    setup: [
      'Save the API key secret of the app as the secret of the hook.',
      'Register the address of the hook through the webhooks API. X asks for a signed text at once, and every hour after.',
    ],
    notes: [
      noTimeNote,
      'Only texts of letters, digits, _ and - are signed for X, because that request carries no proof.',
    ],
    docsUrl: 'https://docs.x.com/x-api/webhooks/introduction',
  },
];
