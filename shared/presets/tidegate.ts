import { byExpression, byHeader, issuedSecret } from './parts.ts';
import type { Preset } from './preset.ts';

/** Our own outbound webhooks, so that one installation can receive those of another. */
export const tidegate: Preset = {
  id: 'tidegate',
  name: 'Tidegate',
  sender: 'Tidegate',
  verifier: {
    scheme: 'hmac',
    algorithm: 'sha256',
    signature: {
      from: 'header',
      names: ['X-Tidegate-Signature'],
      itemSep: ',',
      kvSep: '=',
      fields: ['v1'],
      encoding: 'hex',
    },
    timestamp: { from: 'signature', name: 't', format: 'unix_s' },
    signed: ['timestamp', { literal: '.' }, 'body'],
  },
  secret: issuedSecret('Signing secret of the endpoint (whsec_…)'),
  idempotency: byHeader('webhook-id'),
  eventType: byExpression('type'),
  handshake: null,
  retryNote:
    'Eight attempts over about 29 hours by default: at once, then after 1, 5 and 15 minutes, 1, 4, 8 and 16 hours.',
  setup: [
    'At the sending installation, create an endpoint with the address of the hook.',
    'Copy its signing secret, which is shown once, and save it as the secret of the hook.',
  ],
  notes: [
    'While a secret is replaced, the header carries a signature with each; one of them has to match.',
    'The secret is used as text, with its whsec_ in front. The same request also carries the headers of Standard Webhooks, for which the preset standard-webhooks takes the same secret.',
  ],
};
