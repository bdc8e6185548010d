import type { EventAttributes } from '../../domain/events.ts';
import type { DeliveryId, EndpointId, EventId } from '../../domain/ids.ts';
import { parseEndpointId } from '../../domain/ids.ts';
import type { EndpointStatus } from '../../domain/outbound.ts';
import type { RetryProfile } from '../../domain/retry.ts';
import type { TenantTx } from '../tenant.ts';

/** An event as it is stored. */
export interface EventRecord {
  readonly id: EventId;
  readonly type: string;
  readonly objectType: string;
  readonly objectId: string;
  /** The inbound delivery that it is an effect of, or null. */
  readonly deliveryId: DeliveryId | null;
  readonly data: Readonly<Record<string, unknown>>;
  readonly attributes: EventAttributes;
  readonly awaitsReceipt: boolean;
}

/** An endpoint that hears of an event, with what its delivery is made from. */
export interface MatchedEndpoint {
  readonly id: EndpointId;
  readonly status: EndpointStatus;
  readonly signatureProfile: string;
  readonly retryProfile: RetryProfile;
  readonly retryWaitsMs: readonly number[] | null;
}

export interface RecordedEvent {
  readonly occurredAt: Date;
  /** Empty when the event waits for a receipt or the fan-out is switched off. */
  readonly endpoints: readonly MatchedEndpoint[];
}

/** Which endpoints an event can go to at all. */
export interface Reach {
  /** Operational events reach only those that name their type. */
  readonly isOperational: boolean;
  /** An operational event about an endpoint does not go to it: it would answer itself for ever. */
  readonly exceptEndpointId: EndpointId | null;
}

interface MatchRow {
  occurred_at: Date;
  endpoint_id: string | null;
  status: EndpointStatus;
  signature_profile: string;
  retry_profile: RetryProfile;
  retry_waits_ms: string[] | null;
}

/**
 * The endpoints whose filters let event `v` through (S-085, S-086); shared/events/matching.ts says the
 * same in TypeScript, and a test holds the two together.
 */
export const matching = `
  select e.id, e.status, e.signature_profile, e.retry_profile, e.retry_waits_ms
  from endpoints e
  where e.tenant_id = v.tenant_id
    and (case when cardinality(e.event_types) = 0 then not v.is_operational
      else v.type = any(e.event_types) or exists (
        select from unnest(e.event_types) as pattern
        where right(pattern, 1) = '*' and starts_with(v.type, rtrim(pattern, '*'))
          and (pattern <> '*' or not v.is_operational)) end)
    and (cardinality(e.resource_types) = 0 or v.object_type = any(e.resource_types))
    and (cardinality(e.channels) = 0 or v.channel = any(e.channels))
    and (cardinality(e.ai_workflow_states) = 0 or v.ai_workflow_state = any(e.ai_workflow_states))
    and (cardinality(e.owner_ids) = 0 or v.owner_id = any(e.owner_ids))
    and (cardinality(e.conversation_ids) = 0 or v.conversation_id = any(e.conversation_ids))
    and (cardinality(e.labels) = 0 or v.labels && e.labels)
    and e.id is distinct from v.except_endpoint_id`;

/**
 * Records that something happened, in the transaction in which it does (S-098), with the endpoints
 * that hear of it. Undefined when nothing was recorded: the tenant's flag is off (S-139), or an event
 * with this id is there already.
 */
export async function recordEvent(
  tx: TenantTx,
  event: EventRecord,
  reach: Reach,
): Promise<RecordedEvent | undefined> {
  const { attributes } = event;
  const { rows } = await tx.query<MatchRow>({
    name: 'record_event',
    text: `
      with v as (
        select $1::uuid as tenant_id, $3::text as type, $4::text as object_type,
          $8::text as channel, $9::text as ai_workflow_state, $10::text as owner_id,
          $11::text as conversation_id, $13::text[] as labels, $15::boolean as is_operational,
          $16::uuid as except_endpoint_id
      ), matched as (
        select m.* from v, lateral (${matching}) m where $17::boolean and not $14::boolean
      ), recorded as (
        insert into events (tenant_id, id, type, object_type, object_id, delivery_id, data, channel,
          ai_workflow_state, owner_id, conversation_id, message_id, labels, receipt_state,
          matched_endpoint_ids)
        select $1::uuid, $2::uuid, $3::text, $4::text, $5::text, $6::uuid, $7::json, $8::text,
          $9::text, $10::text, $11::text, $12::text, $13::text[],
          case when $14::boolean then 'awaiting' else 'none' end,
          case when $17::boolean and not $14::boolean
            then array(select m.id from matched m) end
        from tenants t where t.id = $1::uuid and t.automation_enabled
        on conflict (tenant_id, id) do nothing
        returning occurred_at
      )
      select r.occurred_at, m.id as endpoint_id, m.status, m.signature_profile, m.retry_profile,
        m.retry_waits_ms
      from recorded r left join matched m on true`,
    values: [
      tx.tenantId,
      event.id,
      event.type,
      event.objectType,
      event.objectId,
      event.deliveryId,
      JSON.stringify(event.data),
      attributes.channel ?? null,
      attributes.aiWorkflowState ?? null,
      attributes.ownerId ?? null,
      attributes.conversationId ?? null,
      attributes.messageId ?? null,
      attributes.labels ?? [],
      event.awaitsReceipt,
      reach.isOperational,
      reach.exceptEndpointId,
      tx.outbox.isFanOutOn,
    ],
  });
  return toRecorded(rows);
}

/** An event that was waiting for its receipt, as its delivery is made from it. */
export interface ReceiptedEvent extends RecordedEvent {
  readonly type: string;
  readonly objectType: string;
  readonly objectId: string;
  readonly data: Readonly<Record<string, unknown>>;
}

interface ReceiptedRow extends MatchRow {
  type: string;
  object_type: string;
  object_id: string;
  data: Record<string, unknown>;
}

/**
 * Gives an awaiting event its receipt, or notes that it was reverted (`receipt` null), and returns it
 * with the endpoints that hear of it now. Undefined when no event of that id is awaiting: of two
 * receipts at once, one takes it (S-064).
 */
export async function takeReceipt(
  tx: TenantTx,
  id: EventId,
  receipt: object | null,
): Promise<ReceiptedEvent | undefined> {
  const { rows } = await tx.query<ReceiptedRow>({
    name: 'take_receipt',
    text: `
      with v as (
        select e.*, false as is_operational, null::uuid as except_endpoint_id from events e
        where e.tenant_id = $1::uuid and e.id = $2::uuid
      ), matched as (
        select m.* from v, lateral (${matching}) m where $4::boolean and $3::jsonb is not null
      ), taken as (
        update events set receipt = $3::jsonb,
          receipt_state = case when $3::jsonb is null then 'reverted' else 'received' end,
          matched_endpoint_ids = case when $4::boolean and $3::jsonb is not null
            then array(select m.id from matched m) end
        where tenant_id = $1::uuid and id = $2::uuid and receipt_state = 'awaiting'
        returning occurred_at, type, object_type, object_id, data
      )
      select t.*, m.id as endpoint_id, m.status, m.signature_profile, m.retry_profile,
        m.retry_waits_ms
      from taken t left join matched m on true`,
    values: [tx.tenantId, id, receipt && JSON.stringify(receipt), tx.outbox.isFanOutOn],
  });
  const recorded = toRecorded(rows);
  const [row] = rows;
  return (
    recorded &&
    row && {
      ...recorded,
      type: row.type,
      objectType: row.object_type,
      objectId: row.object_id,
      data: row.data,
    }
  );
}

function toRecorded(rows: readonly MatchRow[]): RecordedEvent | undefined {
  const [first] = rows;
  if (first === undefined) return undefined;
  return {
    occurredAt: first.occurred_at,
    endpoints: rows.flatMap((row) => (row.endpoint_id === null ? [] : [toMatched(row)])),
  };
}

function toMatched(row: MatchRow): MatchedEndpoint {
  return {
    id: parseEndpointId(row.endpoint_id ?? ''),
    status: row.status,
    signatureProfile: row.signature_profile,
    retryProfile: row.retry_profile,
    retryWaitsMs: row.retry_waits_ms && row.retry_waits_ms.map(Number),
  };
}
