import type { TenantEventType } from '../../../shared/db/queries/tenant-event-types.ts';
import { dataJsonSchema } from '../../../shared/events/envelope.ts';
import { eventAttributeNames, type EventType } from '../../../shared/events/event-type.ts';
import type { EventTypeView } from '../../../shared/schemas/event-api.ts';

/** A built-in type as the catalogue shows it. */
export function presentBuiltIn(type: EventType): EventTypeView {
  return {
    name: type.name,
    title: type.title,
    description: type.description,
    isBuiltIn: true,
    resourceTypes: [...type.resourceTypes],
    attributes: [...type.attributes],
    mayAwaitReceipt: type.mayAwaitReceipt,
    schema: { ...dataJsonSchema(type) },
    examples: type.examples.map(({ resource, data }) => ({
      resource: { ...resource },
      data: { ...data },
    })),
    createdAt: null,
    updatedAt: null,
  };
}

/** A type of the tenant's own: what it is about and carries is up to who publishes. */
export function presentOwnType(type: TenantEventType): EventTypeView {
  return {
    name: type.name,
    title: type.name,
    description: type.description,
    isBuiltIn: false,
    resourceTypes: [],
    attributes: [...eventAttributeNames],
    mayAwaitReceipt: true,
    schema: { ...type.schema },
    examples: [],
    createdAt: type.createdAt.toISOString(),
    updatedAt: type.updatedAt.toISOString(),
  };
}
