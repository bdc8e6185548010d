import { v7 as uuidv7 } from 'uuid';
import { isOperationalType, type EventAttributes } from '../domain/events.ts';
import {
  parseEventId,
  parseOutboundDeliveryId,
  toWireId,
  type DeliveryId,
  type EndpointId,
  type EventId,
} from '../domain/ids.ts';
import type { HoldReason } from '../domain/outbound.ts';
import { defaultJitter, scheduleOf } from '../domain/retry.ts';
import { tenantSlug } from '../domain/tenant-slug.ts';
import {
  recordEvent,
  takeReceipt,
  type MatchedEndpoint,
  type RecordedEvent,
} from '../db/queries/events.ts';
import {
  insertOutboundDeliveries,
  type DeliveryBatch,
  type NewOutboundDelivery,
} from '../db/queries/outbound-deliveries.ts';
import type { TenantTx } from '../db/tenant.ts';
import type { OutboundEvent, Receipt } from '../signing/outbound-event.ts';
import { carriesType, renderBody, type SignatureProfile } from '../signing/profiles.ts';

/** Something that has happened, to be told to whoever wants to hear of it. */
export interface NewEvent {
  /** Given where the same happening must not be recorded twice (S-097); drawn when absent. */
  readonly id?: EventId;
  readonly type: string;
  readonly objectType: string;
  readonly objectId: string;
  /** The inbound delivery that it is an effect of, or null. */
  readonly deliveryId: DeliveryId | null;
  /** Fits the schema of its type. */
  readonly data: Readonly<Record<string, unknown>>;
  readonly attributes?: EventAttributes;
  /** Whether it goes out only once its receipt is known (S-064). */
  readonly awaitsReceipt?: boolean;
  /** The endpoint that an operational event is about; it does not hear of itself. */
  readonly aboutEndpointId?: EndpointId;
}

/** What became of an event: its id, and how many endpoints it is on its way to. */
export interface PublishedEvent {
  readonly id: EventId;
  readonly occurredAt: Date;
  readonly matched: number;
}

/**
 * Records an event in the transaction of the change that it tells of, with a delivery for each endpoint
 * that hears of it; their workflows are started after the commit (S-055, S-098). Undefined when nothing
 * was recorded, because the tenant's flag is off (S-139) or the id is there already.
 */
export async function publishEvent(
  tx: TenantTx,
  event: NewEvent,
): Promise<PublishedEvent | undefined> {
  const id = event.id ?? parseEventId(uuidv7());
  const recorded = await recordEvent(
    tx,
    {
      id,
      type: event.type,
      objectType: event.objectType,
      objectId: event.objectId,
      deliveryId: event.deliveryId,
      data: event.data,
      attributes: event.attributes ?? {},
      awaitsReceipt: event.awaitsReceipt ?? false,
    },
    {
      isOperational: isOperationalType(event.type),
      exceptEndpointId: event.aboutEndpointId ?? null,
    },
  );
  if (recorded === undefined) return undefined;
  // One that awaits its receipt has not gone anywhere yet.
  if (event.awaitsReceipt !== true) tx.outbox.notePublished(recorded.endpoints.length);
  return fanOut(tx, id, event, recorded);
}

/**
 * Gives an awaiting event its receipt and sends it, or ends its wait when it was reverted (`receipt`
 * null). Undefined when no event of that id is awaiting one.
 */
export async function publishReceipt(
  tx: TenantTx,
  id: EventId,
  receipt: Receipt | null,
): Promise<PublishedEvent | undefined> {
  const taken = await takeReceipt(tx, id, receipt);
  if (taken === undefined) return undefined;
  if (receipt !== null) tx.outbox.notePublished(taken.endpoints.length);
  return fanOut(tx, id, taken, taken, receipt ?? undefined);
}

async function fanOut(
  tx: TenantTx,
  id: EventId,
  event: Pick<NewEvent, 'type' | 'objectType' | 'objectId' | 'data'>,
  { occurredAt, endpoints }: RecordedEvent,
  receipt?: Receipt,
): Promise<PublishedEvent> {
  const outgoing = toOutboundEvent(tx, id, event, occurredAt, receipt);
  const batch = { eventId: id, eventType: event.type, occurredAt, origin: 'event' } as const;
  await makeDeliveries(tx, batch, outgoing, endpoints);
  return { id, occurredAt, matched: endpoints.length };
}

/** An event in the form that bodies are rendered from. */
export function toOutboundEvent(
  tx: TenantTx,
  id: EventId,
  event: Pick<NewEvent, 'type' | 'objectType' | 'objectId' | 'data'>,
  occurredAt: Date,
  receipt?: Receipt,
): OutboundEvent {
  return {
    id: toWireId('event', id),
    type: event.type,
    schemaVersion: '1',
    createdAt: occurredAt.toISOString(),
    tenantSlug: tenantSlug(tx.tenantId),
    resourceType: event.objectType,
    resourceId: event.objectId,
    data: event.data,
    ...(receipt && { receipt }),
  };
}

/**
 * Stores a delivery of an event for each endpoint and announces those that can go at once. What goes to
 * a paused or disabled endpoint is kept and held. Returns the new deliveries.
 */
export async function makeDeliveries(
  tx: TenantTx,
  batch: DeliveryBatch,
  event: OutboundEvent,
  endpoints: readonly MatchedEndpoint[],
): Promise<readonly NewOutboundDelivery[]> {
  const bodies = new Map<string, string>();
  const made = endpoints.flatMap((endpoint) => {
    const profile = endpoint.signatureProfile as SignatureProfile;
    if (!carriesType(profile, event.type)) return [];
    const body = bodies.get(profile) ?? renderBody(profile, event);
    bodies.set(profile, body);
    return [newDelivery(endpoint, body)];
  });
  return storeDeliveries(tx, batch, made);
}

/** Stores deliveries and announces those that can go at once. Returns those that are new. */
export async function storeDeliveries(
  tx: TenantTx,
  batch: DeliveryBatch,
  made: readonly NewOutboundDelivery[],
): Promise<readonly NewOutboundDelivery[]> {
  if (made.length === 0) return [];
  const stored = await insertOutboundDeliveries(tx, batch, made);
  const deliveries = made.filter(({ id }) => stored.has(id));
  for (const { id, endpointId, retry, holdReason } of deliveries) {
    if (holdReason !== null) continue;
    const { eventType } = batch;
    tx.outbox.announce({ tenantId: tx.tenantId, deliveryId: id, endpointId, eventType, retry });
  }
  return deliveries;
}

/** A delivery to an endpoint, by its own schedule; held when the endpoint takes nothing at present. */
export function newDelivery(endpoint: MatchedEndpoint, body: string): NewOutboundDelivery {
  return {
    id: parseOutboundDeliveryId(uuidv7()),
    endpointId: endpoint.id,
    body,
    retry: scheduleOf(endpoint.retryProfile, endpoint.retryWaitsMs, defaultJitter),
    holdReason: holdReasonFor(endpoint.status),
  };
}

/** Why a new delivery to an endpoint of a status waits; null when it does not. */
export const holdReasonFor = (status: MatchedEndpoint['status']): HoldReason | null =>
  holdReasons[status];

const holdReasons: Readonly<Record<MatchedEndpoint['status'], HoldReason | null>> = {
  active: null,
  paused: 'endpoint_paused',
  disabled: 'endpoint_disabled',
};
