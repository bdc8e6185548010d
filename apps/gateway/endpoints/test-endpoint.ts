import { v7 as uuidv7 } from 'uuid';
import type { Endpoint } from '../../../shared/db/queries/endpoints.ts';
import { listTenantEventTypeNames } from '../../../shared/db/queries/tenant-event-types.ts';
import { recordTestEvent } from '../../../shared/db/queries/outbound-delivery-log.ts';
import type { TenantTx } from '../../../shared/db/tenant.ts';
import { parseEventId, toWireId, type OutboundDeliveryId } from '../../../shared/domain/ids.ts';
import { invalid, TidegateError } from '../../../shared/errors/tidegate-error.ts';
import { eventTypeNames, findEventType } from '../../../shared/events/catalogue.ts';
import { makeDeliveries, toOutboundEvent } from '../../../shared/outbound/publish-event.ts';
import { carriesType, type SignatureProfile } from '../../../shared/signing/profiles.ts';

const pingType = 'test.ping';

export interface TestRequest {
  readonly event?: string | undefined;
  readonly data?: Readonly<Record<string, unknown>> | undefined;
}

/**
 * Sends one event to one endpoint, whatever it filters by, and to no other (S-092). It is tried once. A
 * `test.ping` is recorded as an event; one of another type is not: nobody who lists events should take
 * it for something that happened. Throws `endpoint_disabled`, or `validation_failed` for a type that
 * does not exist or that the profile has no body for.
 */
export async function testEndpoint(
  tx: TenantTx,
  endpoint: Endpoint,
  request: TestRequest,
): Promise<OutboundDeliveryId> {
  if (endpoint.status === 'disabled') throw new TidegateError('endpoint_disabled');
  const profile = endpoint.signatureProfile as SignatureProfile;
  const type = request.event ?? defaultType(profile);
  await requireType(tx, type);
  if (!carriesType(profile, type)) {
    throw invalid('/event', `The profile ${profile} has no body for ${type}.`);
  }
  const id = parseEventId(uuidv7());
  const wireEndpointId = toWireId('endpoint', endpoint.id);
  const data = request.data ?? exampleOf(type, wireEndpointId);
  const occurredAt =
    (type === pingType &&
      (await recordTestEvent(tx, { id, type, endpointId: endpoint.id, wireEndpointId, data }))) ||
    new Date();
  const event = { type, objectType: 'webhook', objectId: wireEndpointId, data };
  const batch = { eventId: id, eventType: type, occurredAt, origin: 'test' } as const;
  const outgoing = toOutboundEvent(tx, id, event, occurredAt);
  const target = {
    id: endpoint.id,
    signatureProfile: profile,
    // A paused endpoint is tested all the same, and what fails is seen at once.
    status: 'active',
    retryProfile: 'custom',
    retryWaitsMs: [],
  } as const;
  const [made] = await makeDeliveries(tx, batch, outgoing, [target]);
  if (made === undefined) throw new Error('the test was not stored');
  return made.id;
}

/** What a test sends when it names nothing: a ping, or the one type that the profile carries. */
function defaultType(profile: SignatureProfile): string {
  if (carriesType(profile, pingType)) return pingType;
  return eventTypeNames.find((name) => carriesType(profile, name)) ?? pingType;
}

async function requireType(tx: TenantTx, type: string): Promise<void> {
  if (findEventType(type) !== undefined) return;
  const own = await listTenantEventTypeNames(tx);
  if (own.includes(type)) return;
  const allowed = [...eventTypeNames, ...own].join(', ');
  throw invalid('/event', `There is no event type ${type}. Allowed are ${allowed}.`);
}

function exampleOf(type: string, endpointId: string): Readonly<Record<string, unknown>> {
  if (type === pingType) return { test: true, subscriptionId: endpointId, timestamp: Date.now() };
  return findEventType(type)?.examples[0].data ?? { test: true };
}
