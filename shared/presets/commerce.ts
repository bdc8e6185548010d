import {
  bodyHmac,
  byExpression,
  byHeader,
  chosenSecret,
  issuedSecret,
  noTimeNote,
} from './parts.ts';
import type { Preset } from './preset.ts';

/** Shops and accounting. */
export const commerce: readonly Preset[] = [
  {
    id: 'shopify',
    name: 'Shopify',
    sender: 'Shopify',
    verifier: bodyHmac({ header: 'X-Shopify-Hmac-Sha256', encoding: 'base64' }),
    secret: issuedSecret('Client secret of the app, or the webhook signing secret of the shop'),
    idempotency: byHeader('X-Shopify-Webhook-Id'),
    eventType: byHeader('X-Shopify-Topic'),
    handshake: null,
    retryNote:
      'Repeats eight times over about four hours and then removes a subscription that an app made through the API. Waits 5 s for an answer.',
    setup: [
      'Subscribe to topics with the address of the hook, in the configuration of the app or in the admin under Settings, Notifications, Webhooks.',
      'Save the client secret of the app, or the signing secret shown in the admin, as the secret of the hook.',
    ],
    notes: [
      noTimeNote,
      'After the client secret is replaced, it can take an hour until the new one is used. Keep both meanwhile.',
    ],
    docsUrl: 'https://shopify.dev/docs/apps/build/webhooks',
  },
  {
    id: 'woocommerce',
    name: 'WooCommerce',
    sender: 'WooCommerce',
    verifier: bodyHmac({ header: 'X-WC-Webhook-Signature', encoding: 'base64' }),
    secret: chosenSecret('Secret'),
    idempotency: byHeader('X-WC-Webhook-Delivery-ID'),
    eventType: byHeader('X-WC-Webhook-Topic'),
    handshake: null,
    retryNote: 'Does not repeat. A webhook with five failures in a row is switched off.',
    setup: [
      'Open WooCommerce, Settings, Advanced, Webhooks, and add one with the address of the hook as delivery URL.',
      'Enter the secret of the hook and set the status to active.',
    ],
    notes: [
      noTimeNote,
      'When it is saved, WooCommerce sends a ping as a form without a signature. The hook refuses it, which does no harm.',
    ],
    docsUrl: 'https://woocommerce.com/document/webhooks/',
  },
  {
    id: 'xero',
    name: 'Xero',
    sender: 'Xero',
    verifier: bodyHmac({ header: 'x-xero-signature', encoding: 'base64' }),
    secret: issuedSecret('Webhooks key'),
    idempotency: byExpression('$string(firstEventSequence) & "-" & $string(lastEventSequence)'),
    eventType: byExpression('events[0].(eventCategory & "." & eventType)'),
    handshake: {
      kind: 'reply',
      methods: ['POST'],
      when: [{ from: 'bodyPath', name: 'lastEventSequence', equals: 0 }],
      isSigned: true,
      status: 200,
    },
    retryNote:
      'Repeats with growing pauses for up to a day, then switches the subscription off. Waits 5 s for an answer.',
    setup: [
      'In the developer portal, open the app, Webhooks, choose categories and enter the address of the hook.',
      'Copy the webhooks key and save it as the secret of the hook.',
      'Send the intent to receive: Xero tries right and wrong signatures, and wants 200 and 401.',
    ],
    notes: [noTimeNote, 'The events only name what changed. Read it through the API.'],
    docsUrl: 'https://developer.xero.com/documentation/guides/webhooks/overview/',
  },
];
