import type { EventAttributes } from '../domain/events.ts';
import { isStorableText } from '../domain/storable-text.ts';
import { attributesOf } from '../events/attributes.ts';
import type { EventAttributes as KnownAttributes } from '../events/matching.ts';

interface Happening {
  readonly resourceType: string;
  readonly resourceId: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Filters of endpoints have no longer entries, and no index takes them. */
const charactersMax = 200;

/**
 * The attributes that an event is recorded with: those it shows by itself, and what is known beside it.
 * A value that no filter could name is left out.
 */
export function recordedAttributes(
  event: Happening,
  known: EventAttributes | KnownAttributes,
): EventAttributes {
  const found = attributesOf(event, known as KnownAttributes);
  return {
    channel: usable(found.channel),
    aiWorkflowState: usable(found.aiWorkflowState),
    ownerId: usable(found.ownerId),
    conversationId: usable(found.conversationId),
    messageId: usable(found.messageId),
    labels: found.labels?.flatMap((label) => usable(label) ?? []).slice(0, labelsMax),
  };
}

/** The most labels that an event is recorded with. */
const labelsMax = 50;

function usable(value: string | null | undefined): string | undefined {
  const isUsable =
    typeof value === 'string' && value.length <= charactersMax && isStorableText(value);
  return isUsable ? value : undefined;
}
