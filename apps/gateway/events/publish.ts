import { findTenantEventType } from '../../../shared/db/queries/tenant-event-types.ts';
import type { TenantTx } from '../../../shared/db/tenant.ts';
import { TidegateError, invalid } from '../../../shared/errors/tidegate-error.ts';
import { familyOf, findEventType } from '../../../shared/events/catalogue.ts';
import type { EventType } from '../../../shared/events/event-type.ts';
import type { DataVerdict } from '../../../shared/events/issues.ts';
import { compileTenantSchema } from '../../../shared/events/tenant-schema.ts';
import { validateEventData } from '../../../shared/events/validate.ts';
import { recordedAttributes } from '../../../shared/outbound/event-attributes.ts';
import { publishEvent, type PublishedEvent } from '../../../shared/outbound/publish-event.ts';
import type { NewEventBody } from '../../../shared/schemas/event-api.ts';

/** Families that only Tidegate records: they say what its own deliveries did. */
const ownFamilies: ReadonlySet<string> = new Set(['endpoint', 'delivery', 'replay', 'test']);

/**
 * Publishes what a caller says has happened, as an event of a registered type. Throws
 * `validation_failed` with a pointer for each member that does not fit, and `automation_disabled` when
 * the tenant records no events (S-139).
 */
export async function publishFromApi(tx: TenantTx, body: NewEventBody): Promise<PublishedEvent> {
  const { type, data, resourceId, awaitsReceipt } = body;
  const resourceType = await checkBody(tx, body);
  const { owner, conversation, message, ...rest } = body.attributes ?? {};
  const attributes = recordedAttributes(
    { resourceType, resourceId, data },
    { ...rest, ownerId: owner, conversationId: conversation, messageId: message },
  );
  const published = await publishEvent(tx, {
    type,
    objectType: resourceType,
    objectId: resourceId,
    deliveryId: null,
    // As it came in: a copy that a schema has made has its members in another order.
    data,
    attributes,
    awaitsReceipt,
  });
  if (published === undefined) throw new TidegateError('automation_disabled');
  return published;
}

/** What the event is about, once everything else of it fits. */
async function checkBody(tx: TenantTx, body: NewEventBody): Promise<string> {
  const { type, data } = body;
  const builtIn = findEventType(type);
  if (builtIn !== undefined) {
    checkBuiltIn(builtIn, body);
    requireFit(validateEventData(type, data));
    return body.resourceType ?? builtIn.resourceTypes[0];
  }
  const own = await findTenantEventType(tx, type);
  if (own === undefined) {
    throw invalid('/type', `There is no event type ${type}; see GET …/events/types.`);
  }
  requireFit(compileTenantSchema(own.schema)(data));
  return body.resourceType ?? familyOf(type);
}

function checkBuiltIn(type: EventType, { resourceType, awaitsReceipt }: NewEventBody): void {
  if (ownFamilies.has(familyOf(type.name))) {
    throw invalid('/type', `Events of type ${type.name} are recorded by Tidegate alone.`);
  }
  if (resourceType !== undefined && !type.resourceTypes.includes(resourceType)) {
    throw invalid('/resourceType', `It is about one of: ${type.resourceTypes.join(', ')}.`);
  }
  if (awaitsReceipt && !type.mayAwaitReceipt) {
    throw invalid('/awaitsReceipt', `Events of type ${type.name} await no receipt.`);
  }
}

function requireFit(verdict: DataVerdict): void {
  if (verdict.ok) return;
  const details = verdict.issues.map(({ pointer, message }) => ({
    pointer: `/data${pointer}`,
    message,
  }));
  throw new TidegateError('validation_failed', 'The data does not fit its type.', { details });
}
