import type { HmacCheck } from '../schemas/verifier-check.ts';
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
} from './parts.ts';
import type { Preset } from './preset.ts';

/** Several `v1` or `h1` in one header, beside the time. */
const namedItems = (header: string, itemSep: ',' | ';', field: string): HmacCheck['signature'] => ({
  from: 'header',
  names: [header],
  itemSep,
  kvSep: '=',
  fields: [field],
  encoding: 'hex',
});

const authorizeNet = bodyHmac({
  header: 'X-ANET-Signature',
  encoding: 'hex',
  algorithm: 'sha512',
  prefix: 'sha512=',
});

/** Payments. */
export const payments: readonly Preset[] = [
  {
    id: 'stripe',
    name: 'Stripe',
    sender: 'Stripe',
    verifier: {
      scheme: 'hmac',
      algorithm: 'sha256',
      signature: namedItems('Stripe-Signature', ',', 'v1'),
      timestamp: { from: 'signature', name: 't', format: 'unix_s' },
      signed: ['timestamp', { literal: '.' }, 'body'],
    },
    secret: issuedSecret('Endpoint signing secret (whsec_…)'),
    idempotency: byExpression('id'),
    eventType: byExpression('type'),
    handshake: null,
    retryNote:
      'Repeats for up to 3 days with growing pauses (in a sandbox three times over some hours). Every attempt is signed anew.',
    setup: [
      'In Workbench or the dashboard, open Webhooks and add an endpoint with the address of the hook.',
      'Choose the events, then reveal the signing secret and save it as the secret of the hook.',
    ],
    notes: [
      'The secret is used as text, with its whsec_ in front; it is not base64.',
      'A test endpoint and the command line of Stripe have secrets of their own.',
      'Order is not kept. Read the object again when order matters.',
    ],
    docsUrl: 'https://docs.stripe.com/webhooks/signature',
  },
  {
    id: 'paddle',
    name: 'Paddle Billing',
    sender: 'Paddle',
    verifier: {
      scheme: 'hmac',
      algorithm: 'sha256',
      signature: namedItems('Paddle-Signature', ';', 'h1'),
      timestamp: { from: 'signature', name: 'ts', format: 'unix_s' },
      signed: ['timestamp', { literal: ':' }, 'body'],
    },
    secret: issuedSecret('Secret key of the notification destination (pdl_ntfset_…)'),
    idempotency: byExpression('event_id'),
    eventType: byExpression('event_type'),
    handshake: null,
    retryNote:
      'Repeats a live request up to 60 times over 3 days, in the sandbox three times within 15 minutes. Waits 5 s for an answer.',
    setup: [
      'Open Developer tools, Notifications, and create a destination with the address of the hook.',
      'Copy its secret key and save it as the secret of the hook.',
    ],
    notes: [
      'The libraries of Paddle allow 5 s of difference between the clocks. Here it is 300 s, so that a slow network does not lose events; the event id stops repetitions.',
      'Paddle Classic signs in another way, which is not covered.',
    ],
    docsUrl: 'https://developer.paddle.com/webhooks/signature-verification',
  },
  {
    id: 'square',
    name: 'Square',
    sender: 'Square',
    verifier: {
      scheme: 'hmac',
      algorithm: 'sha256',
      signature: { from: 'header', names: ['x-square-hmacsha256-signature'], encoding: 'base64' },
      signed: ['url', 'body'],
    },
    secret: issuedSecret('Signature key'),
    idempotency: byExpression('event_id'),
    eventType: byExpression('type'),
    handshake: null,
    retryNote: 'Repeats with growing pauses for up to 24 hours. Waits 10 s for an answer.',
    setup: [
      'In the developer console, open the application, Webhooks, Subscriptions, and add one with the address of the hook.',
      'Copy the signature key of the subscription and save it as the secret of the hook.',
    ],
    notes: [addressNote, noTimeNote],
    docsUrl: 'https://developer.squareup.com/docs/webhooks/step3validate',
  },
  {
    id: 'authorize-net',
    name: 'Authorize.Net',
    sender: 'Authorize.Net',
    verifier: { anyOf: [authorizeNet, { ...authorizeNet, key: { encoding: 'hex' } }] },
    secret: issuedSecret('Signature key (128 hexadecimal digits)'),
    idempotency: byExpression('notificationId'),
    eventType: byExpression('eventType'),
    handshake: null,
    retryNote:
      'Repeats up to ten times over about two days. A webhook that keeps failing is switched off.',
    setup: [
      'In the merchant interface, open Account, Settings, API Credentials and Keys, and create a signature key.',
      'Save it as the secret of the hook.',
      'Open Account, Settings, Webhooks, add an endpoint with the address of the hook and choose its events.',
    ],
    notes: [
      noTimeNote,
      'Sources differ on whether the signature key is used as text or as the bytes its digits stand for; both are tried, and the transcript says which one matched.',
      'Some report that test messages of the merchant interface are signed without the blanks of their body. Such a test is refused here.',
    ],
    docsUrl: 'https://developer.authorize.net/api/reference/features/webhooks.html',
  },
  {
    id: 'adyen',
    name: 'Adyen, standard webhook',
    sender: 'Adyen',
    verifier: basic(),
    secret: chosenSecret(`Password for the user name ${basicUsername}`),
    idempotency: byExpression(
      'notificationItems[0].NotificationRequestItem.(pspReference & ":" & eventCode & ":" & success)',
    ),
    eventType: byExpression('notificationItems[0].NotificationRequestItem.eventCode'),
    handshake: null,
    retryNote: 'Queues and repeats for days until the answer is a 2xx. Waits 10 s for an answer.',
    setup: [
      'In the Customer Area, open Developers, Webhooks, and add a standard webhook with the address of the hook, method JSON.',
      `Under Security, enter ${basicUsername} as user name and the secret of the hook as password.`,
    ],
    notes: [
      refetchNote,
      'Adyen also puts an HMAC into each item. It covers eight fields and neither the rest of the item nor the list of items, so it is not used as proof of the request.',
    ],
    docsUrl: 'https://docs.adyen.com/development-resources/webhooks/',
  },
  {
    id: 'adyen-platform',
    name: 'Adyen, balance platform',
    sender: 'Adyen',
    verifier: {
      ...bodyHmac({ header: 'HmacSignature', encoding: 'base64' }),
      key: { encoding: 'hex' },
    },
    secret: issuedSecret('HMAC key (hexadecimal)'),
    idempotency: null,
    eventType: byExpression('type'),
    handshake: null,
    retryNote: 'Queues and repeats for days until the answer is a 2xx. Waits 10 s for an answer.',
    setup: [
      'In the Balance Platform Customer Area, open Developers, Webhooks, and add one with the address of the hook.',
      'Under Security, generate an HMAC key and save it as the secret of the hook.',
    ],
    notes: [
      noTimeNote,
      'The header and its content are from the documentation of Adyen; they were not tried against a live account.',
    ],
    docsUrl: 'https://docs.adyen.com/development-resources/webhooks/',
  },
  {
    id: 'chargebee',
    name: 'Chargebee',
    sender: 'Chargebee',
    verifier: basic(),
    secret: chosenSecret(`Password for the user name ${basicUsername}`),
    idempotency: byExpression('id'),
    eventType: byExpression('event_type'),
    handshake: null,
    retryNote: 'Repeats up to seven times over about two days.',
    setup: [
      'Open Settings, Configure Chargebee, Webhooks, and add one with the address of the hook.',
      `Choose to protect it with basic authentication: user name ${basicUsername}, password the secret of the hook.`,
    ],
    notes: [refetchNote],
    docsUrl: 'https://www.chargebee.com/docs/billing/2.0/site-configuration/webhook_settings',
  },
  {
    id: 'mollie',
    name: 'Mollie, classic',
    sender: 'Mollie',
    verifier: { scheme: 'static', credential: { from: 'query', name: 'token' } },
    secret: chosenSecret('Token in the address'),
    idempotency: null,
    eventType: null,
    handshake: null,
    retryNote: 'Repeats ten times over 26 hours. Waits 15 s for an answer.',
    setup: [
      'Append ?token= and the secret of the hook to the address of the hook.',
      'Give that address as webhookUrl when a payment, subscription or order is created.',
    ],
    notes: [
      refetchNote,
      'The body is a form with the field id only, not JSON.',
      'The same id is sent at every change of its status, so it cannot serve as idempotency key.',
    ],
    docsUrl: 'https://docs.mollie.com/reference/webhooks',
  },
];
