/** A list of Tidegate that has a copy here. All are newest first. */
export interface List {
  readonly name: string;
  readonly path: string;
  /** The member by which it is sorted, and its parameter for "not older than". */
  readonly at: string;
  readonly sinceParameter: string;
  /** The resource type of its events, where it is a list of resources. */
  readonly resourceType?: string;
  /** Members that change with the clock and without the row: whoever needs them asks when it does. */
  readonly passing?: readonly string[];
}

export const feed: List = {
  name: 'events',
  path: '/events/feed',
  at: 'timestamp',
  sinceParameter: 'since',
};

const list = (resourceType: string, at: string, passing: readonly string[] = []): List => ({
  name: `${resourceType}s`,
  path: `/${resourceType}s`,
  at,
  sinceParameter: 'updatedSince',
  resourceType,
  passing,
});

export const lists: readonly List[] = [
  list('visitor', 'lastSeenAt'),
  list('conversation', 'updatedAt', ['claim', 'automationEligible']),
  list('ticket', 'updatedAt'),
  list('article', 'updatedAt'),
];

/** A row of a list, of which only these members are looked at. */
export interface Row extends Readonly<Record<string, unknown>> {
  readonly id: string;
}

/** An event as the feed shows it. */
export interface FeedEvent extends Row {
  readonly eventType: string;
  readonly resourceType: string;
  readonly resourceId: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** When a row was last changed, in milliseconds since 1970. */
export const momentOf = (row: Row, { at }: List): number => {
  const value = row[at];
  return typeof value === 'number' ? value : Date.parse(String(value));
};

/**
 * What is kept of a row, as text that is the same exactly when nothing has changed, whatever the order
 * of its members.
 */
export function keptText(row: Row, passing: readonly string[] = []): string {
  const kept = Object.entries(row).filter(([name]) => !passing.includes(name));
  return JSON.stringify(sorted(Object.fromEntries(kept)));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).map(([name, member]) => [name, sorted(member)] as const);
  return Object.fromEntries(members.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
