import type { EventData } from './event-type.ts';
import type { EventAttributes } from './matching.ts';

interface Happening {
  readonly resourceType: string;
  readonly resourceId: string;
  readonly data: EventData;
}

/**
 * The attributes that an event shows by itself: the resource it is about, and members of its data by
 * their usual names, in either spelling. Whoever records an event may know more and say so beside it;
 * what they say comes first.
 */
export function attributesOf(event: Happening, known: EventAttributes = {}): EventAttributes {
  const { data } = event;
  const about = (type: string): string | undefined =>
    event.resourceType === type ? event.resourceId : undefined;
  const found = {
    channel: textOf(data['channel']),
    aiWorkflowState: textOf(data['aiWorkflowState']),
    ownerId: about('client') ?? textOf(data['clientId']),
    conversationId:
      about('conversation') ?? textOf(data['conversationId']) ?? textOf(data['conversation_id']),
    messageId: about('message') ?? textOf(data['messageId']) ?? textOf(data['message_id']),
    labels: textsOf(data['labels']),
  };
  return { ...dropAbsent(found), ...dropAbsent(known) };
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function textsOf(value: unknown): string[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const texts = value.filter((item) => typeof item === 'string');
  return texts.length > 0 ? texts : undefined;
}

function dropAbsent(
  attributes: Readonly<Record<keyof EventAttributes, unknown>> | EventAttributes,
) {
  return Object.fromEntries(
    Object.entries(attributes).filter(([, value]) => value !== undefined && value !== null),
  ) as EventAttributes;
}
