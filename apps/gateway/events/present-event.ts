import type { EventStatus, LoggedEvent } from '../../../shared/db/queries/event-log.ts';
import { toWireId } from '../../../shared/domain/ids.ts';
import type {
  EventView,
  EventWithStatusView,
  FeedItemView,
} from '../../../shared/schemas/event-api.ts';

/** An event as the list and the stream show it. */
export function presentEvent(event: LoggedEvent): EventView {
  const { attributes } = event;
  return {
    id: toWireId('event', event.id),
    type: event.type,
    schemaVersion: event.schemaVersion,
    createdAt: event.occurredAt.toISOString(),
    resourceType: event.objectType,
    resourceId: event.objectId,
    data: { ...event.data },
    attributes: {
      channel: attributes.channel ?? null,
      aiWorkflowState: attributes.aiWorkflowState ?? null,
      owner: attributes.ownerId ?? null,
      conversation: attributes.conversationId ?? null,
      message: attributes.messageId ?? null,
      labels: [...(attributes.labels ?? [])],
    },
    inboundDeliveryId: event.deliveryId && toWireId('delivery', event.deliveryId),
    receiptState: event.receiptState,
    receipt: event.receipt && { ...event.receipt },
  };
}

/** One event with how it fares at its endpoints (S-100). */
export function presentEventWithStatus(
  event: LoggedEvent & { readonly status: EventStatus },
): EventWithStatusView {
  return { ...presentEvent(event), deliveryStatus: { ...event.status } };
}

/** An event as the feed shows it: the same id and type as its webhooks (S-101). */
export function presentFeedItem(event: LoggedEvent): FeedItemView {
  return {
    id: toWireId('event', event.id),
    eventType: event.type,
    resourceType: event.objectType,
    resourceId: event.objectId,
    data: { ...event.data },
    timestamp: event.occurredAt.getTime(),
  };
}
