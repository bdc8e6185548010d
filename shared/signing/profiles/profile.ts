import type { EventMeta, OutboundEvent } from '../outbound-event.ts';
import type { SecretKind, SigningSecret } from '../secrets.ts';

/** What the headers of one attempt are made from. */
export interface SigningRequest {
  /** The current secret, and after it the previous one while a rotation is in its grace. */
  readonly secrets: readonly SigningSecret[];
  /** The body as it was stored when the delivery was made, to the byte. */
  readonly body: string;
  readonly event: EventMeta;
  /** The wire ids `whd_…` and `wh_…`. */
  readonly deliveryId: string;
  readonly endpointId: string;
  /** 1 for the first attempt. */
  readonly attempt: number;
  /** When this attempt is sent, in whole seconds since 1970. */
  readonly timestampSeconds: number;
  /** Where the profile's header can be chosen: its name instead of the default. */
  readonly headerName?: string;
}

export type RequestHeaders = Readonly<Record<string, string>>;

/** How one kind of receiver is spoken to. */
export interface Profile {
  /** Kind of the secrets that are drawn for it. */
  readonly secretKind: SecretKind;
  /** Kinds it can sign with: a secret survives a change between profiles that share one. */
  readonly usableKinds: readonly SecretKind[];
  /** The one event type whose body it can render; absent means all. */
  readonly onlyType?: string;
  /** Name of the header that an endpoint may rename. */
  readonly renamableHeader?: string;
  readonly renderBody: (event: OutboundEvent) => string;
  readonly headers: (request: SigningRequest) => RequestHeaders;
}

export const userAgent = 'Tidegate-Webhooks/1';

/**
 * What every attempt carries whatever its profile (S-056), so that a receiver can de-duplicate and a
 * request be found again. A compatibility profile has them beside the names of its source: receivers
 * ignore headers that they do not know.
 */
export const commonHeaders = ({ event, deliveryId, attempt }: SigningRequest): RequestHeaders => ({
  'Content-Type': 'application/json',
  'User-Agent': userAgent,
  'X-Tidegate-Event-Id': event.id,
  'X-Tidegate-Delivery-Id': deliveryId,
  'X-Tidegate-Event-Type': event.type,
  'X-Tidegate-Schema-Version': event.schemaVersion,
  'X-Tidegate-Attempt': String(attempt),
  'X-Tidegate-Timestamp': event.createdAt,
});

/** Kinds whose text is a key as it is. */
export const textKinds = ['whsec', 'hex'] as const satisfies readonly SecretKind[];

/** The texts of the secrets that have one, newest first. */
export function textKeys(secrets: readonly SigningSecret[]): readonly string[] {
  return secrets.flatMap((secret) => (secret.kind === 'ed25519' ? [] : [secret.text]));
}

/** The newest text key, for headers that hold one signature. */
export function newestTextKey(secrets: readonly SigningSecret[]): string {
  const [newest] = textKeys(secrets);
  if (newest === undefined) throw new TypeError('no secret to sign with');
  return newest;
}
