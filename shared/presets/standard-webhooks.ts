import type { AsymmetricCheck, HmacCheck } from '../schemas/verifier-check.ts';
import { byExpression, byHeader, issuedSecret, retriesUnknown, timeHeader } from './parts.ts';
import type { Preset } from './preset.ts';

/** Standard Webhooks, and Svix from which it came: `id.timestamp.body` (standardwebhooks.com). */

type Prefix = 'webhook' | 'svix';

const message = (prefix: Prefix, version: 'v1' | 'v1a') =>
  ({
    signature: {
      from: 'header',
      names: [`${prefix}-signature`],
      itemSep: ' ',
      kvSep: ',',
      fields: [version],
      encoding: 'base64',
    },
    timestamp: timeHeader(`${prefix}-timestamp`, 'unix_s'),
    messageId: { from: 'header', name: `${prefix}-id` },
    signed: ['id', { literal: '.' }, 'timestamp', { literal: '.' }, 'body'],
  }) satisfies Partial<HmacCheck>;

const symmetric = (prefix: Prefix): HmacCheck => ({
  scheme: 'hmac',
  algorithm: 'sha256',
  key: { encoding: 'base64', stripPrefix: 'whsec_' },
  ...message(prefix, 'v1'),
});

const ed25519: AsymmetricCheck = {
  scheme: 'asymmetric',
  algorithm: 'ed25519',
  ...message('webhook', 'v1a'),
};

const secret = issuedSecret('Signing secret (whsec_…)');
const rotation =
  'While a secret is replaced, the sender signs with both; one of the signatures has to match.';

interface Variant {
  readonly id: string;
  readonly name: string;
  readonly prefix: Prefix;
  readonly setup: readonly string[];
  readonly retryNote?: string;
  readonly docsUrl?: string;
  readonly eventType?: Preset['eventType'];
}

const variant = (options: Variant): Preset => ({
  id: options.id,
  name: options.name,
  sender: options.name,
  verifier: symmetric(options.prefix),
  secret,
  idempotency: byHeader(`${options.prefix}-id`),
  eventType: options.eventType === undefined ? byExpression('type') : options.eventType,
  handshake: null,
  retryNote: options.retryNote ?? retriesUnknown,
  setup: options.setup,
  notes: [rotation],
  ...(options.docsUrl !== undefined && { docsUrl: options.docsUrl }),
});

/** The set-up of services whose dashboard is the Svix portal. */
const svixSetup = (place: string): readonly string[] => [
  `In ${place}, add an endpoint with the address of the hook and choose its events.`,
  'Open the endpoint, reveal its signing secret and save it as the secret of the hook.',
];
const svixRetries =
  'Up to 8 attempts over about a day: at once, then after 5 s, 5 min, 30 min, 2 h, 5 h, 10 h and 10 h. An endpoint that fails for 5 days is switched off.';

export const standardWebhooks: readonly Preset[] = [
  variant({
    id: 'standard-webhooks',
    name: 'Standard Webhooks',
    prefix: 'webhook',
    setup: [
      'At the sender, add a webhook with the address of the hook.',
      'Copy the secret that begins with whsec_ and save it as the secret of the hook.',
    ],
    docsUrl: 'https://www.standardwebhooks.com',
  }),
  {
    id: 'standard-webhooks-ed25519',
    name: 'Standard Webhooks, Ed25519',
    sender: 'Standard Webhooks',
    verifier: ed25519,
    secret: issuedSecret('Public key (whpk_…)'),
    idempotency: byHeader('webhook-id'),
    eventType: byExpression('type'),
    handshake: null,
    retryNote: retriesUnknown,
    setup: [
      'At the sender, add a webhook with the address of the hook and asymmetric signatures.',
      'Copy the public key that begins with whpk_ and save it as the key of the hook.',
    ],
    notes: [rotation, 'Signatures of version v1 in the same header are left alone.'],
    docsUrl: 'https://www.standardwebhooks.com',
  },
  variant({
    id: 'openai',
    name: 'OpenAI',
    prefix: 'webhook',
    setup: [
      'In the settings of the project, open Webhooks and create an endpoint with the address of the hook.',
      'Copy the signing secret, which is shown once, and save it as the secret of the hook.',
    ],
    retryNote: 'Repeats for up to 72 hours with growing pauses.',
    docsUrl: 'https://platform.openai.com/docs/guides/webhooks',
  }),
  variant({
    id: 'replicate',
    name: 'Replicate',
    prefix: 'webhook',
    eventType: byExpression('status'),
    setup: [
      'Give the address of the hook as `webhook` when a prediction or training is created.',
      'Ask the API for the default webhook secret of the account and save it as the secret of the hook.',
    ],
    docsUrl: 'https://replicate.com/docs/topics/webhooks',
  }),
  variant({
    id: 'render',
    name: 'Render',
    prefix: 'webhook',
    setup: [
      'In the workspace, open Integrations, Webhooks, and create one with the address of the hook.',
      'Copy its signing secret and save it as the secret of the hook.',
    ],
    docsUrl: 'https://render.com/docs/webhooks',
  }),
  variant({
    id: 'loops',
    name: 'Loops',
    prefix: 'webhook',
    eventType: byExpression('eventName'),
    setup: [
      'In Settings, Webhooks, add an endpoint with the address of the hook.',
      'Copy the signing secret and save it as the secret of the hook.',
    ],
    docsUrl: 'https://loops.so/docs/webhooks',
  }),
  variant({
    id: 'gitlab-signed',
    name: 'GitLab, signed',
    prefix: 'webhook',
    eventType: byHeader('X-Gitlab-Event'),
    setup: [
      'In the project or group, open Settings, Webhooks, and add one with the address of the hook.',
      'Generate a signing token there, copy it and save it as the secret of the hook.',
    ],
    retryNote:
      'Does not repeat a failed request by itself. A webhook that keeps failing is switched off, first for a while, then for good.',
    docsUrl: 'https://docs.gitlab.com/user/project/integrations/webhooks/',
  }),
  variant({
    id: 'svix',
    name: 'Svix',
    prefix: 'svix',
    setup: svixSetup('the portal of the sender'),
    retryNote: svixRetries,
    docsUrl: 'https://docs.svix.com/receiving/verifying-payloads/how',
  }),
  variant({
    id: 'clerk',
    name: 'Clerk',
    prefix: 'svix',
    setup: svixSetup('the dashboard under Webhooks'),
    retryNote: svixRetries,
    docsUrl: 'https://clerk.com/docs/webhooks/overview',
  }),
  variant({
    id: 'resend',
    name: 'Resend',
    prefix: 'svix',
    setup: svixSetup('the dashboard under Webhooks'),
    retryNote: svixRetries,
    docsUrl: 'https://resend.com/docs/dashboard/webhooks/introduction',
  }),
  variant({
    id: 'brex',
    name: 'Brex',
    prefix: 'webhook',
    eventType: byExpression('event_type'),
    setup: [
      'Register the address of the hook through the webhooks API of Brex.',
      'Ask the same API for the webhook secret and save it as the secret of the hook.',
    ],
    docsUrl: 'https://developer.brex.com/docs/webhooks/',
  }),
];
