import { v7 as uuidv7 } from 'uuid';
import type { EventType } from '../../domain/events.ts';
import type { DeliveryId } from '../../domain/ids.ts';
import type { TenantTx } from '../tenant.ts';

export interface NewEvent {
  readonly type: EventType;
  readonly objectType: string;
  readonly objectId: string;
  /** The inbound delivery that it is an effect of, or null. */
  readonly deliveryId: DeliveryId | null;
  /** Ids and a few facts about the object; no free text and nothing personal. */
  readonly data: Readonly<Record<string, unknown>>;
}

/** Records that something happened, in the transaction in which it does (S-098). */
export async function insertEvent(tx: TenantTx, event: NewEvent): Promise<void> {
  await tx.query({
    name: 'insert_event',
    text: `
      insert into events (tenant_id, id, type, object_type, object_id, delivery_id, data)
      values ($1::uuid, $2::uuid, $3::text, $4::text, $5::uuid, $6::uuid, $7::jsonb)`,
    values: [
      tx.tenantId,
      uuidv7(),
      event.type,
      event.objectType,
      event.objectId,
      event.deliveryId,
      JSON.stringify(event.data),
    ],
  });
}
