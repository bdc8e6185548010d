/** What the id of an `inboundDelivery` run is made of. */
export interface InboundWorkflowKey {
  readonly tenantSlug: string;
  readonly hookSlug: string;
  readonly deliveryId: string;
  /** SHA-256 of hook id and idempotency key in hexadecimal, or null when the delivery has none. */
  readonly keyHash: string | null;
}

/**
 * The workflow id of an accepted request (design: architecture.md). Deliveries with a key share the
 * key's id, so that the engine refuses a second run even if the database were restored to an older
 * state; deliveries without one use their own id. Keys are hashed, because workflow ids are public.
 *
 * The statement that reserves the key appends `~n` when this is the key's n-th use, n above 1: only
 * it knows.
 */
export function inboundWorkflowId(key: InboundWorkflowKey): string {
  return `in/${key.tenantSlug}/${key.hookSlug}/${key.keyHash ?? key.deliveryId}`;
}
