import {
  byExpression,
  chosenHeader,
  chosenSecret,
  headerToken,
  issuedSecret,
  noTimeNote,
  refetchNote,
} from './parts.ts';
import type { Preset } from './preset.ts';

/** Monitoring and on-call. */
export const monitoring: readonly Preset[] = [
  {
    id: 'pagerduty',
    name: 'PagerDuty v3',
    sender: 'PagerDuty',
    verifier: {
      scheme: 'hmac',
      algorithm: 'sha256',
      signature: {
        from: 'header',
        names: ['X-PagerDuty-Signature'],
        itemSep: ',',
        kvSep: '=',
        fields: ['v1'],
        encoding: 'hex',
      },
      signed: ['body'],
    },
    secret: issuedSecret('Secret of the subscription'),
    idempotency: byExpression('event.id'),
    eventType: byExpression('event.event_type'),
    handshake: null,
    retryNote: 'Repeats with growing pauses and switches a subscription off that keeps failing.',
    setup: [
      'Open Integrations, Generic Webhooks (v3), and add one with the address of the hook, for an account, team or service.',
      'Copy the secret, which is shown once, and save it as the secret of the hook.',
    ],
    notes: [noTimeNote, 'While a secret is replaced, the header carries several signatures.'],
    docsUrl: 'https://developer.pagerduty.com/docs/verifying-signatures',
  },
  {
    id: 'datadog',
    name: 'Datadog',
    sender: 'Datadog',
    verifier: headerToken(chosenHeader),
    secret: chosenSecret(`Value of the header ${chosenHeader}`),
    idempotency: byExpression('id'),
    eventType: byExpression('event_type'),
    handshake: null,
    retryNote: 'Repeats five times after an error of the server. Waits 15 s for an answer.',
    setup: [
      'Open the Webhooks integration and add one with the address of the hook.',
      `Under custom headers, enter a JSON object with the field ${chosenHeader} and the secret of the hook as its value.`,
      'Let the payload hold "id": "$ID" and "event_type": "$EVENT_TYPE", and mention @webhook-name in a monitor.',
    ],
    notes: [refetchNote],
    docsUrl: 'https://docs.datadoghq.com/integrations/webhooks/',
  },
];
