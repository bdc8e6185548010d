import { isOperationalType } from '../domain/events.ts';

/** What an endpoint wants (S-085, S-086). A list that is absent or empty asks for nothing: all pass. */
export interface EndpointFilter {
  /** Names, or patterns: `ticket.*` is every type of that family, `*` every type but the operational. */
  readonly eventTypes?: readonly string[];
  readonly resourceTypes?: readonly string[];
  readonly channels?: readonly string[];
  readonly aiWorkflowStates?: readonly string[];
  readonly filters?: {
    readonly owners?: readonly string[];
    readonly conversations?: readonly string[];
    readonly labels?: readonly string[];
  };
}

/** What an event is filtered by besides its type and resource. */
export interface EventAttributes {
  readonly channel?: string | null | undefined;
  readonly aiWorkflowState?: string | null | undefined;
  /** The object it belongs to: the agent of a mail, the client of a ticket, the card of a purchase. */
  readonly ownerId?: string | null | undefined;
  readonly conversationId?: string | null | undefined;
  readonly messageId?: string | null | undefined;
  readonly labels?: readonly string[] | null;
}

export interface FilterableEvent extends EventAttributes {
  readonly type: string;
  readonly resourceType: string;
}

/**
 * Whether an endpoint with this filter gets the event: each list must let it through (AND), and a list
 * does when it holds one of the event's values (OR). An event without an attribute is let through by no
 * list on it. Operational events, which say how deliveries fare, are let through only by an endpoint that
 * names their type or family: who asks for everything means what happens in the product. Whether the
 * endpoint is enabled is not asked here; see also `isDeliverableTo`.
 */
export function matches(filter: EndpointFilter, event: FilterableEvent): boolean {
  const { owners, conversations, labels } = filter.filters ?? {};
  return (
    holdsType(filter.eventTypes, event.type) &&
    holds(filter.resourceTypes, [event.resourceType]) &&
    holds(filter.channels, [event.channel]) &&
    holds(filter.aiWorkflowStates, [event.aiWorkflowState]) &&
    holds(owners, [event.ownerId]) &&
    holds(conversations, [event.conversationId]) &&
    holds(labels, event.labels ?? [])
  );
}

type Value = string | null | undefined;

function holds(wanted: readonly string[] | undefined, values: readonly Value[]): boolean {
  if (wanted === undefined || wanted.length === 0) return true;
  return values.some((value) => typeof value === 'string' && wanted.includes(value));
}

function holdsType(patterns: readonly string[] | undefined, type: string): boolean {
  const isAsked = (pattern: string): boolean => typeMatches(pattern, type);
  if (isOperationalType(type)) {
    return patterns?.some((pattern) => pattern !== '*' && isAsked(pattern)) === true;
  }
  return patterns === undefined || patterns.length === 0 || patterns.some(isAsked);
}

/** Whether a name or pattern of types stands for this one. The star is only ever the last part. */
export function typeMatches(pattern: string, type: string): boolean {
  if (pattern === '*') return true;
  return pattern.endsWith('.*') ? type.startsWith(pattern.slice(0, -1)) : pattern === type;
}
