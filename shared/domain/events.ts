/** What the filters of endpoints look at, beside type and object. */
export interface EventAttributes {
  readonly channel?: string | undefined;
  readonly aiWorkflowState?: string | undefined;
  readonly ownerId?: string | undefined;
  readonly conversationId?: string | undefined;
  readonly messageId?: string | undefined;
  readonly labels?: readonly string[] | undefined;
}

/** Families of events about Tidegate's own work. Only endpoints that name them hear of them. */
const operationalFamilies: ReadonlySet<string> = new Set(['endpoint', 'delivery', 'replay']);

/** Whether a type is of a family about Tidegate's own work. */
export function isOperationalType(type: string): boolean {
  return operationalFamilies.has(type.slice(0, type.indexOf('.')));
}
