import type { OutboundEvent } from '../../shared/signing/outbound-event.ts';
import { renderBody, signHeaders, type SignatureProfile } from '../../shared/signing/profiles.ts';
import { parseSigningSecret, type SigningSecret } from '../../shared/signing/secrets.ts';

/** Fixed secrets: what is drawn is tested on its own. */
export const currentSecret = 'whsec_k3JfQ9xZ2mVbT7aLw5RcYd8UeN1sHgP4oKi6DtXq0CyWzBvA';
export const previousSecret = 'whsec_Zp7LmX2vQ8sWnB4tYcK9dR1fHgJ6aUe3oTiV5bNqS0MyEwDx';
export const hexSecret = '3f1c9a5e7b2d4860c1f3a5978e6b4d2013579bdf02468ace1122334455667788';
export const sentAtSeconds = 1_750_000_000;

export function makeEvent(changes: Partial<OutboundEvent> = {}): OutboundEvent {
  return {
    id: 'evt_0197736c5b7c7a31b1d4f0a7c9e21b55',
    type: 'ticket.created',
    schemaVersion: '1',
    createdAt: '2025-06-15T15:06:31.250Z',
    tenantSlug: '3f2a1b2f3a4b',
    resourceType: 'ticket',
    resourceId: '5d0f9b1e-3f7a-4c57-9d46-2c1a8e7f6b03',
    data: { ticketId: '5d0f9b1e-3f7a-4c57-9d46-2c1a8e7f6b03', subject: 'Drucker brennt 🔥' },
    ...changes,
  };
}

/** A secret that has to be usable. */
export function secretOf(text: string): SigningSecret {
  const secret = parseSigningSecret(text);
  if (secret === undefined) throw new Error(`not a secret: ${text}`);
  return secret;
}

export interface AttemptOptions {
  readonly profile?: SignatureProfile;
  readonly secrets?: readonly string[];
  readonly event?: OutboundEvent;
  readonly body?: string;
  readonly attempt?: number;
  readonly timestampSeconds?: number;
  readonly headerName?: string;
}

/** One attempt as it goes over the wire. */
export function makeAttempt({
  profile = 'standard',
  secrets = [currentSecret],
  event = makeEvent(),
  body = renderBody(profile, event),
  attempt = 1,
  timestampSeconds = sentAtSeconds,
  headerName,
}: AttemptOptions = {}): { readonly headers: Record<string, string>; readonly body: string } {
  const headers = signHeaders({
    profile,
    secrets: secrets.map(secretOf),
    body,
    event,
    deliveryId: 'whd_0197736c5c017d8d9a34c1d7be1f6a10',
    endpointId: 'wh_01977360aa0179b2a6f3e1c5d4b7a898',
    attempt,
    timestampSeconds,
    ...(headerName !== undefined && { headerName }),
  });
  return { headers: { ...headers }, body };
}
