import type { EventAttributes } from '../domain/events.ts';
import { attributesOf } from '../events/attributes.ts';
import type { EventAttributes as KnownAttributes } from '../events/matching.ts';

interface Happening {
  readonly resourceType: string;
  readonly resourceId: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** The attributes that an event is recorded with: those it shows by itself, and what is known beside it. */
export function recordedAttributes(
  event: Happening,
  known: EventAttributes | KnownAttributes,
): EventAttributes {
  const found = attributesOf(event, known as KnownAttributes);
  return {
    channel: found.channel ?? undefined,
    aiWorkflowState: found.aiWorkflowState ?? undefined,
    ownerId: found.ownerId ?? undefined,
    conversationId: found.conversationId ?? undefined,
    messageId: found.messageId ?? undefined,
    labels: found.labels ?? undefined,
  };
}
