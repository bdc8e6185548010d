import type { Position } from '../../domain/cursor.ts';
import type { EventAttributes } from '../../domain/events.ts';
import { parseDeliveryId, parseEventId, type DeliveryId, type EventId } from '../../domain/ids.ts';
import { positionColumns, type KeysetPage } from '../keyset.ts';
import type { TenantTx } from '../tenant.ts';

export type ReceiptState = 'none' | 'awaiting' | 'received' | 'reverted';

/** An event as the log has it. */
export interface LoggedEvent {
  readonly id: EventId;
  readonly type: string;
  readonly schemaVersion: string;
  readonly occurredAt: Date;
  readonly objectType: string;
  readonly objectId: string;
  /** The inbound delivery that it is an effect of, or null. */
  readonly deliveryId: DeliveryId | null;
  /** As it was published, member for member. */
  readonly data: Readonly<Record<string, unknown>>;
  readonly attributes: EventAttributes;
  readonly receiptState: ReceiptState;
  readonly receipt: { readonly blockNumber: number; readonly transactionHash: string } | null;
}

export interface EventRow {
  id: string;
  type: string;
  schema_version: string;
  occurred_at: Date;
  object_type: string;
  object_id: string;
  delivery_id: string | null;
  data: Record<string, unknown>;
  channel: string | null;
  ai_workflow_state: string | null;
  owner_id: string | null;
  conversation_id: string | null;
  message_id: string | null;
  labels: string[];
  receipt_state: ReceiptState;
  receipt: { blockNumber: number; transactionHash: string } | null;
}

export const eventColumns = `id, type, schema_version, occurred_at, object_type, object_id, delivery_id,
  data, channel, ai_workflow_state, owner_id, conversation_id, message_id, labels, receipt_state,
  receipt`;

export const toLoggedEvent = (row: EventRow): LoggedEvent => ({
  id: parseEventId(row.id),
  type: row.type,
  schemaVersion: row.schema_version,
  occurredAt: row.occurred_at,
  objectType: row.object_type,
  objectId: row.object_id,
  deliveryId: row.delivery_id === null ? null : parseDeliveryId(row.delivery_id),
  data: row.data,
  attributes: {
    channel: row.channel ?? undefined,
    aiWorkflowState: row.ai_workflow_state ?? undefined,
    ownerId: row.owner_id ?? undefined,
    conversationId: row.conversation_id ?? undefined,
    messageId: row.message_id ?? undefined,
    labels: row.labels,
  },
  receiptState: row.receipt_state,
  receipt: row.receipt,
});

/** Which events a list holds; what is undefined asks for nothing. */
export interface EventFilter {
  readonly type: string | undefined;
  readonly ownerId: string | undefined;
  readonly conversationId: string | undefined;
  readonly messageId: string | undefined;
  readonly objectId: string | undefined;
  readonly objectType: string | undefined;
  /** From this moment on, and before that one: ISO 8601. */
  readonly since: string | undefined;
  readonly until: string | undefined;
}

/**
 * The events of the tenant, newest first by (time, id), so that those of one moment keep their order
 * from page to page (S-099). Takes one row more than `limit`. Not named: each call is planned for its
 * own filter, which is what lets the index of that filter serve it.
 */
export async function listEvents(
  tx: TenantTx,
  filter: EventFilter,
  { after, limit }: KeysetPage,
): Promise<(LoggedEvent & { readonly position: Position })[]> {
  const { rows } = await tx.query<EventRow & { position_at: string }>({
    text: `
      select ${eventColumns}, ${positionColumns('occurred_at')}
      from events
      where tenant_id = $1::uuid
        and ($2::text is null or type = $2::text)
        and ($3::text is null or owner_id = $3::text)
        and ($4::text is null or conversation_id = $4::text)
        and ($5::text is null or message_id = $5::text)
        and ($6::text is null or object_id = $6::text)
        and ($7::text is null or object_type = $7::text)
        and ($8::timestamptz is null or occurred_at >= $8::timestamptz)
        and ($9::timestamptz is null or occurred_at < $9::timestamptz)
        and ($10::timestamptz is null or (occurred_at, id) < ($10::timestamptz, $11::uuid))
      order by occurred_at desc, id desc
      limit $12::integer`,
    values: [
      tx.tenantId,
      filter.type,
      filter.ownerId,
      filter.conversationId,
      filter.messageId,
      filter.objectId,
      filter.objectType,
      filter.since,
      filter.until,
      after?.at,
      after?.id,
      limit + 1,
    ],
  });
  return rows.map((row) => ({
    ...toLoggedEvent(row),
    position: { at: row.position_at, id: row.id },
  }));
}

/** How an event fares at the endpoints that heard of it (S-100). */
export interface EventStatus {
  /** Endpoints that it went to when it was published. */
  readonly matched: number;
  /** Endpoints that took it, in whichever of their deliveries. */
  readonly delivered: number;
  /** Of the others, those with a delivery that is still open. */
  readonly pending: number;
  /** The rest: failed, or canceled by its owner. */
  readonly failed: number;
}

/** One event with its status, or undefined. */
export async function findEvent(
  tx: TenantTx,
  id: EventId,
): Promise<(LoggedEvent & { readonly status: EventStatus }) | undefined> {
  const { rows } = await tx.query<EventRow & EventStatus>({
    name: 'find_event',
    text: `
      select ${eventColumns}, coalesce(cardinality(matched_endpoint_ids), 0) as matched,
        c.delivered, c.pending, c.failed
      from events e
      cross join lateral (
        select count(*) filter (where is_delivered)::integer as delivered,
          count(*) filter (where not is_delivered and is_open)::integer as pending,
          count(*) filter (where not is_delivered and not is_open)::integer as failed
        from (
          select bool_or(d.status = 'delivered') as is_delivered,
            bool_or(d.settled_at is null) as is_open
          from outbound_deliveries d
          where d.tenant_id = $1::uuid and d.event_id = $2::uuid and d.origin <> 'test'
          group by d.endpoint_id
        ) by_endpoint
      ) c
      where e.tenant_id = $1::uuid and e.id = $2::uuid`,
    values: [tx.tenantId, id],
  });
  const [row] = rows;
  if (row === undefined) return undefined;
  const { matched, delivered, pending, failed } = row;
  return { ...toLoggedEvent(row), status: { matched, delivered, pending, failed } };
}

/** An event of an object with what is known of its receipt. */
export interface ReceiptCandidate {
  readonly id: EventId;
  readonly type: string;
  readonly receiptState: ReceiptState;
  readonly receipt: LoggedEvent['receipt'];
}

/** More events than an object has that waits for receipts. */
const candidatesMax = 100;

/**
 * The events of an object, oldest first, locked until the transaction ends: of receipts that come at
 * once, each finds what the one before has left.
 */
export async function lockEventsOfObject(
  tx: TenantTx,
  objectType: string,
  objectId: string,
): Promise<ReceiptCandidate[]> {
  const { rows } = await tx.query<Pick<EventRow, 'id' | 'type' | 'receipt_state' | 'receipt'>>({
    name: 'lock_events_of_object',
    text: `
      select id, type, receipt_state, receipt from events
      where tenant_id = $1::uuid and object_id = $3::text and object_type = $2::text
        and receipt_state <> 'none'
      order by occurred_at, id
      limit $4::integer
      for update`,
    values: [tx.tenantId, objectType, objectId, candidatesMax],
  });
  return rows.map((row) => ({
    id: parseEventId(row.id),
    type: row.type,
    receiptState: row.receipt_state,
    receipt: row.receipt,
  }));
}

/** Whether the tenant has an event of this id. */
export async function eventExists(tx: TenantTx, id: EventId): Promise<boolean> {
  const { rowCount } = await tx.query({
    name: 'event_exists',
    text: 'select from events where tenant_id = $1::uuid and id = $2::uuid',
    values: [tx.tenantId, id],
  });
  return rowCount === 1;
}
