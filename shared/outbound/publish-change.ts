import type { EventAttributes } from '../domain/events.ts';
import type { DeliveryId } from '../domain/ids.ts';
import type { TenantTx } from '../db/tenant.ts';
import type { EventTypeName } from '../events/catalogue.ts';
import { recordedAttributes } from './event-attributes.ts';
import { publishEvent, type PublishedEvent } from './publish-event.ts';

/** A change of something that Tidegate itself keeps, to be told as an event of the catalogue (S-093). */
export interface Change {
  readonly type: EventTypeName;
  readonly objectType: string;
  readonly objectId: string;
  readonly data: Readonly<Record<string, unknown>>;
  /** What is known beside what the event shows by itself. */
  readonly attributes?: EventAttributes;
  /** The inbound delivery that it is an effect of. */
  readonly deliveryId?: DeliveryId | null;
}

/**
 * Records a change as an event, in the transaction of the change, with what filters look at. Undefined
 * when the tenant records none.
 */
export async function publishChange(
  tx: TenantTx,
  change: Change,
): Promise<PublishedEvent | undefined> {
  const { type, objectType, objectId, data, deliveryId = null } = change;
  const happening = { resourceType: objectType, resourceId: objectId, data };
  const attributes = recordedAttributes(happening, change.attributes ?? {});
  return publishEvent(tx, { type, objectType, objectId, deliveryId, data, attributes });
}
