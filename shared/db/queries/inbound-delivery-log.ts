import type { Position } from '../../domain/cursor.ts';
import { parseDeliveryId, parseHookId, type DeliveryId, type HookId } from '../../domain/ids.ts';
import type { DispatchOutcome } from '../../domain/outcome.ts';
import { positionColumns, type KeysetPage } from '../keyset.ts';
import type { TenantTx } from '../tenant.ts';

export type DispatchStatus = 'pending' | 'dispatched' | 'duplicate' | 'failed';

/** A delivery as the log lists it: without headers and body. */
export interface DeliverySummary {
  readonly id: DeliveryId;
  readonly hookId: HookId | null;
  readonly receivedAt: Date;
  readonly method: string;
  readonly path: string;
  readonly sourceIp: string | null;
  readonly userAgent: string | null;
  readonly authStatus: string;
  readonly dispatchStatus: DispatchStatus;
  readonly idempotencyKey: string | null;
  readonly duplicateOf: DeliveryId | null;
  readonly outcome: DispatchOutcome | null;
  readonly responseStatus: number | null;
  readonly durationMs: number | null;
  readonly isReplay: boolean;
  readonly replayedFrom: DeliveryId | null;
  readonly isTest: boolean;
}

/** A delivery in full. The body is as received, unless retention has cut it. */
export interface StoredDelivery extends DeliverySummary {
  readonly query: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | null;
  /** Of the whole body, also when it was cut. */
  readonly bodySha256: Buffer | null;
  /** When retention cut the body to its head. */
  readonly bodyTruncatedAt: Date | null;
  readonly workflowId: string | null;
  /** The run of a workflow handler, its id in Temporal and the version it was started with. */
  readonly handlerWorkflowId: string | null;
  readonly handlerRunId: string | null;
  readonly handlerVersion: number | null;
  readonly dispatchedAt: Date | null;
  /** Deliveries that were replayed from this one, newest first, at most 100. */
  readonly replays: readonly DeliveryId[];
}

interface SummaryRow {
  id: string;
  hook_id: string | null;
  received_at: Date;
  request_method: string;
  request_path: string;
  source_ip: string | null;
  user_agent: string | null;
  auth_status: string;
  dispatch_status: DispatchStatus;
  idempotency_key: string | null;
  duplicate_of: string | null;
  outcome: DispatchOutcome | null;
  response_status: number | null;
  duration_ms: number | null;
  is_replay: boolean;
  replayed_from: string | null;
  is_test: boolean;
}

const summaryColumns = `id, hook_id, received_at, request_method, request_path,
  host(source_ip) as source_ip, user_agent, auth_status, dispatch_status, idempotency_key,
  duplicate_of, outcome, response_status, duration_ms, is_replay, replayed_from, is_test`;

const idOrNull = (text: string | null): DeliveryId | null =>
  text === null ? null : parseDeliveryId(text);

const toSummary = (row: SummaryRow): DeliverySummary => ({
  id: parseDeliveryId(row.id),
  hookId: row.hook_id === null ? null : parseHookId(row.hook_id),
  receivedAt: row.received_at,
  method: row.request_method,
  path: row.request_path,
  sourceIp: row.source_ip,
  userAgent: row.user_agent,
  authStatus: row.auth_status,
  dispatchStatus: row.dispatch_status,
  idempotencyKey: row.idempotency_key,
  duplicateOf: idOrNull(row.duplicate_of),
  outcome: row.outcome,
  responseStatus: row.response_status,
  durationMs: row.duration_ms,
  isReplay: row.is_replay,
  replayedFrom: idOrNull(row.replayed_from),
  isTest: row.is_test,
});

export interface DeliveryFilter {
  readonly hookId: HookId;
  readonly status: DispatchStatus | undefined;
  /** From this moment on, and before that one: ISO 8601. */
  readonly dateFrom: string | undefined;
  readonly dateTo: string | undefined;
}

/** The parameters $1 to $5 of the statements that filter the log. */
const filterValues = (tx: TenantTx, filter: DeliveryFilter): unknown[] => [
  tx.tenantId,
  filter.hookId,
  filter.status,
  filter.dateFrom,
  filter.dateTo,
];

const filterClause = `tenant_id = $1::uuid and hook_id = $2::uuid
  and ($3::text is null or dispatch_status = $3::text)
  and ($4::timestamptz is null or received_at >= $4::timestamptz)
  and ($5::timestamptz is null or received_at < $5::timestamptz)`;

/**
 * The log of a hook, newest first, from a position or past `offset` rows. Takes one row more than
 * `limit`. The statements are not named: each call is planned for its own filter, which is what lets
 * the partial index of migration 0005 serve the rare statuses.
 */
export async function listDeliveries(
  tx: TenantTx,
  filter: DeliveryFilter,
  page: KeysetPage & { readonly offset?: number },
): Promise<(DeliverySummary & { readonly position: Position })[]> {
  const { rows } = await tx.query<SummaryRow & { position_at: string }>({
    text: `
      select ${summaryColumns}, ${positionColumns('received_at')}
      from inbound_deliveries
      where ${filterClause}
        and ($6::timestamptz is null or (received_at, id) < ($6::timestamptz, $7::uuid))
      order by received_at desc, id desc
      limit $8::integer offset $9::integer`,
    values: [
      ...filterValues(tx, filter),
      page.after?.at,
      page.after?.id,
      page.limit + 1,
      page.offset ?? 0,
    ],
  });
  return rows.map((row) => ({ ...toSummary(row), position: { at: row.position_at, id: row.id } }));
}

/** How many deliveries a filter matches. Counts every one: ask only when a page number is wanted. */
export async function countDeliveries(tx: TenantTx, filter: DeliveryFilter): Promise<number> {
  const { rows } = await tx.query<{ total: string }>({
    text: `select count(*) as total from inbound_deliveries where ${filterClause}`,
    values: filterValues(tx, filter),
  });
  return Number(rows[0]?.total ?? 0);
}

interface DeliveryRow extends SummaryRow {
  request_query: Record<string, unknown>;
  request_headers: Record<string, string>;
  body: Buffer | null;
  body_sha256: Buffer | null;
  body_truncated_at: Date | null;
  workflow_id: string | null;
  handler_workflow_id: string | null;
  handler_run_id: string | null;
  handler_version: number | null;
  dispatched_at: Date | null;
  replays: string[];
}

const deliveryColumns = `${summaryColumns}, request_query, request_headers, body, body_sha256,
  body_truncated_at, workflow_id, handler_workflow_id, handler_run_id, handler_version,
  dispatched_at,
  array(
    select r.id from inbound_deliveries r
    where r.tenant_id = d.tenant_id and r.replayed_from = d.id
    order by r.id desc limit 100) as replays`;

const toDelivery = (row: DeliveryRow): StoredDelivery => ({
  ...toSummary(row),
  query: row.request_query,
  headers: row.request_headers,
  body: row.body,
  bodySha256: row.body_sha256,
  bodyTruncatedAt: row.body_truncated_at,
  workflowId: row.workflow_id,
  handlerWorkflowId: row.handler_workflow_id,
  handlerRunId: row.handler_run_id,
  handlerVersion: row.handler_version,
  dispatchedAt: row.dispatched_at,
  replays: row.replays.map((text) => parseDeliveryId(text)),
});

/** One delivery of a hook, or undefined: also when it belongs to another hook (S-048). */
export async function findDelivery(
  tx: TenantTx,
  hookId: HookId,
  id: DeliveryId,
): Promise<StoredDelivery | undefined> {
  const { rows } = await tx.query<DeliveryRow>({
    text: `
      select ${deliveryColumns} from inbound_deliveries d
      where d.tenant_id = $1::uuid and d.hook_id = $2::uuid and d.id = $3::uuid`,
    values: [tx.tenantId, hookId, id],
  });
  return rows[0] && toDelivery(rows[0]);
}

/** The last deliveries of a hook that still have their whole body, newest first. */
export async function listReplayable(
  tx: TenantTx,
  hookId: HookId,
  limit: number,
): Promise<StoredDelivery[]> {
  const { rows } = await tx.query<DeliveryRow>({
    text: `
      select ${deliveryColumns} from inbound_deliveries d
      where d.tenant_id = $1::uuid and d.hook_id = $2::uuid
        and d.body is not null and d.body_truncated_at is null and not d.is_replay
      order by d.received_at desc, d.id desc
      limit $3::integer`,
    values: [tx.tenantId, hookId, limit],
  });
  return rows.map(toDelivery);
}
