import type { DeliveryId, EventId } from '../domain/ids.ts';
import type { TenantTx } from '../db/tenant.ts';
import { publishChange, type Change } from '../outbound/publish-change.ts';

/** What a write is an effect of. */
export interface Cause {
  /** The inbound delivery that it came by. */
  readonly deliveryId?: DeliveryId;
  /** Told of each event that the write has recorded. */
  readonly onEvent?: (id: EventId) => void;
}

/** Publishes the event of a write, in its transaction. */
export async function tell(tx: TenantTx, cause: Cause, change: Change): Promise<void> {
  const { deliveryId = null, onEvent } = cause;
  const event = await publishChange(tx, { ...change, deliveryId });
  if (event !== undefined) onEvent?.(event.id);
}
