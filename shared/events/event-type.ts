import type { z } from 'zod';

/** What endpoints filter events by, besides type and resource type (S-085, S-086). */
export const eventAttributeNames = [
  'channel',
  'aiWorkflowState',
  'owner',
  'conversation',
  'message',
  'labels',
] as const;
export type EventAttributeName = (typeof eventAttributeNames)[number];

export type EventData = Readonly<Record<string, unknown>>;

export interface EventExample {
  readonly resource: { readonly type: string; readonly id: string };
  readonly data: EventData;
}

/** One type of event, as data. */
export interface EventType<Name extends string = string> {
  /** Public and stable: endpoints subscribe by it. Its part before the first full stop is its family. */
  readonly name: Name;
  readonly title: string;
  readonly description: string;
  /** Open: unknown members validate, so that a later version may add some (S-101). */
  readonly data: z.ZodType<EventData>;
  /** What such events are about; nearly always one. */
  readonly resourceTypes: readonly [string, ...string[]];
  /** The attributes that such an event may carry. A filter on any other never lets it through. */
  readonly attributes: readonly EventAttributeName[];
  /** Whether some of them go out only when their receipt is known (S-064). */
  readonly mayAwaitReceipt: boolean;
  readonly examples: readonly [EventExample, ...EventExample[]];
  /** The version of Tidegate that had it first. */
  readonly since: string;
}

export interface EventFamily<Name extends string = string> {
  readonly title: string;
  readonly description: string;
  readonly types: readonly EventType<Name>[];
}

type Given<Name extends string> = Omit<
  EventType<Name>,
  'attributes' | 'mayAwaitReceipt' | 'since'
> &
  Partial<Pick<EventType, 'attributes' | 'mayAwaitReceipt' | 'since'>>;

/** A family whose types keep their names as literals, so that the union of all names is a type. */
export function defineFamily<const Name extends string>(family: {
  readonly title: string;
  readonly description: string;
  readonly types: readonly Given<Name>[];
}): EventFamily<Name> {
  return {
    ...family,
    types: family.types.map((type) => ({
      attributes: [],
      mayAwaitReceipt: false,
      since: '0.1.0',
      ...type,
    })),
  };
}
