/**
 * Identifiers. Inside and in the database an id is a UUID; on the wire most ids carry a prefix that
 * names their kind, followed by the 32 hexadecimal digits of that UUID (design: api.md).
 */
declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

export type TenantId = Branded<'TenantId'>;
export type HookId = Branded<'HookId'>;
/** Of an inbound delivery. */
export type DeliveryId = Branded<'DeliveryId'>;
export type EventId = Branded<'EventId'>;
export type EndpointId = Branded<'EndpointId'>;
export type OutboundDeliveryId = Branded<'OutboundDeliveryId'>;

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Narrows a lower-case UUID text to an id; throws a TypeError for anything else. */
function parseUuid<Id extends string>(text: string): Id {
  if (!uuidPattern.test(text)) throw new TypeError(`not a UUID: ${JSON.stringify(text)}`);
  return text as Id;
}

export const parseTenantId = (text: string): TenantId => parseUuid<TenantId>(text);
export const parseHookId = (text: string): HookId => parseUuid<HookId>(text);
export const parseDeliveryId = (text: string): DeliveryId => parseUuid<DeliveryId>(text);
export const parseEventId = (text: string): EventId => parseUuid<EventId>(text);
export const parseEndpointId = (text: string): EndpointId => parseUuid<EndpointId>(text);
export const parseOutboundDeliveryId = (text: string): OutboundDeliveryId =>
  parseUuid<OutboundDeliveryId>(text);

/** True for a text that Postgres accepts as a UUID in its canonical lower-case form. */
export function isUuid(text: string): boolean {
  return uuidPattern.test(text);
}

const prefixes = {
  hook: 'hook_',
  delivery: 'ind_',
  event: 'evt_',
  endpoint: 'wh_',
  outboundDelivery: 'whd_',
  replayJob: 'rpl_',
  credential: 'cred_',
} as const;

/** The wire form of an id: its prefix and 32 hexadecimal digits. */
export function toWireId(kind: keyof typeof prefixes, uuid: string): string {
  return prefixes[kind] + uuid.replaceAll('-', '');
}

/** The UUID behind a wire id, or undefined when the text is not a wire id of that kind. */
export function fromWireId(kind: keyof typeof prefixes, text: string): string | undefined {
  const prefix = prefixes[kind];
  const hex = text.slice(prefix.length);
  if (!text.startsWith(prefix) || !/^[0-9a-f]{32}$/.test(hex)) return undefined;
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20),
  ].join('-');
}
