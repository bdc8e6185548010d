import { randomUUID } from 'node:crypto';
import { isOperationalType } from '../../../shared/domain/events.ts';
import { toWireId } from '../../../shared/domain/ids.ts';
import { typeMatches } from '../../../shared/events/matching.ts';
import type { EventView } from '../../../shared/schemas/event-api.ts';
import type { OutboundEvent } from '../../../shared/signing/outbound-event.ts';
import { renderBody, signHeaders } from '../../../shared/signing/profiles.ts';
import {
  makeEndpointSecret,
  parseSigningSecret,
  type SigningSecret,
} from '../../../shared/signing/secrets.ts';
import type { Api } from '../api.ts';
import { followEvents } from '../event-stream.ts';
import { usageFailure } from '../failure.ts';
import type { Listening, ListenOptions } from './by-endpoint.ts';
import { forward, type Webhook } from './forward.ts';

const profile = 'standard';

interface StreamListenOptions extends ListenOptions {
  readonly onLost: (isGapless: boolean) => void;
}

/** `failed` rejects when the stream may not be opened, the first time or again. */
export interface StreamListening extends Listening {
  readonly failed: Promise<never>;
}

/**
 * Receives by the event stream: every event is made into the webhook that an endpoint would get, signed
 * with a secret of this process, and posted to the local program once.
 */
export function listenByStream(api: Api, options: StreamListenOptions): StreamListening {
  const text = options.secret ?? makeEndpointSecret();
  const secret = parseSigningSecret(text);
  if (secret?.kind !== 'whsec') {
    throw usageFailure('The secret has to be whsec_ and base64 of 24 to 64 bytes.');
  }
  const ending = new AbortController();
  const failed = Promise.withResolvers<never>();
  const ended = run(api, options, secret, ending.signal).catch(failed.reject);
  return {
    secret: text,
    endpoint: undefined,
    failed: failed.promise,
    async close() {
      ending.abort();
      await ended;
    },
  };
}

async function run(
  api: Api,
  { target, types, onForwarded, onLost }: StreamListenOptions,
  secret: SigningSecret,
  signal: AbortSignal,
): Promise<void> {
  const endpointId = toWireId('endpoint', randomUUID());
  const events = followEvents(api, { signal, onOpen: () => undefined, onLost });
  for await (const event of events) {
    if (!isWanted(event, types)) continue;
    const webhook = webhookOf(event, secret, endpointId);
    onForwarded(webhook, await forward(target, webhook));
  }
}

/** What an endpoint with these types would get. */
function isWanted({ type, receiptState }: EventView, types: readonly string[]): boolean {
  if (receiptState === 'awaiting' || receiptState === 'reverted') return false;
  return types.length === 0
    ? !isOperationalType(type)
    : types.some((pattern) => typeMatches(pattern, type));
}

/** An event as a delivery of it would be, to the byte. */
function webhookOf(view: EventView, secret: SigningSecret, endpointId: string): Webhook {
  const { id, type, createdAt, resourceType, resourceId, data, receipt } = view;
  const event: OutboundEvent = {
    id,
    type,
    schemaVersion: '1',
    createdAt,
    // Not part of this profile.
    tenantSlug: '',
    resourceType,
    resourceId,
    data,
    ...(receipt !== null && { receipt }),
  };
  const body = renderBody(profile, event);
  const signed = signHeaders({
    profile,
    secrets: [secret],
    body,
    event,
    deliveryId: toWireId('outboundDelivery', randomUUID()),
    endpointId,
    attempt: 1,
    timestampSeconds: Math.floor(Date.now() / 1_000),
  });
  const headers = Object.entries(signed).map(([name, value]) => [name.toLowerCase(), value]);
  return { headers: Object.fromEntries(headers) as Webhook['headers'], body: Buffer.from(body) };
}
