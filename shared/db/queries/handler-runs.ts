import { handlerRun, type HandlerRun } from '../../domain/handler-workflow.ts';
import {
  parseDeliveryId,
  parseTenantId,
  type DeliveryId,
  type TenantId,
} from '../../domain/ids.ts';
import type { ActionOutcome } from '../../domain/outcome.ts';
import type { Pool } from '../pool.ts';
import type { TenantTx } from '../tenant.ts';

/**
 * Ties a run to a pending delivery, before the run is started. Of several calls the first one
 * decides: each returns the run that the delivery owns then.
 */
export async function claimHandlerRun(
  tx: TenantTx,
  id: DeliveryId,
  run: HandlerRun,
): Promise<HandlerRun> {
  const { rows } = await tx.query<HandlerRunRow>({
    name: 'claim_handler_run',
    text: `
      update inbound_deliveries
      set handler_workflow_id = coalesce(handler_workflow_id, $3::text),
        handler_version = coalesce(handler_version, $4::integer)
      where tenant_id = $1::uuid and id = $2::uuid and dispatch_status = 'pending'
      returning handler_workflow_id, handler_version`,
    values: [tx.tenantId, id, run.workflowId, run.version],
  });
  const tied = rows[0] && toHandlerRun(id, rows[0]);
  if (tied === undefined) throw new Error(`delivery ${id} is not pending`);
  return tied;
}

export interface HandlerRunRow {
  handler_workflow_id: string | null;
  handler_version: number | null;
}

/** The run of a delivery's row, or undefined while it has none. */
export function toHandlerRun(id: DeliveryId, row: HandlerRunRow): HandlerRun | undefined {
  const workflow = row.handler_workflow_id?.split('/')[1];
  if (workflow === undefined || row.handler_version === null) return undefined;
  return handlerRun(workflow, row.handler_version, id);
}

/** Writes Temporal's own id of the started run, in the transaction that records the outcome. */
export async function recordHandlerRunId(
  tx: TenantTx,
  id: DeliveryId,
  runId: string,
): Promise<void> {
  await tx.query({
    name: 'record_handler_run_id',
    text: `
      update inbound_deliveries set handler_run_id = $3::text
      where tenant_id = $1::uuid and id = $2::uuid`,
    values: [tx.tenantId, id, runId],
  });
}

export interface RunOwner {
  readonly tenantId: TenantId;
  readonly deliveryId: DeliveryId;
}

/** Whose run a Temporal workflow id names, or undefined when no delivery owns it (migration 0008). */
export async function resolveHandlerRun(
  pool: Pool,
  workflowId: string,
): Promise<RunOwner | undefined> {
  const { rows } = await pool.query<{ tenant_id: string; delivery_id: string }>({
    name: 'resolve_handler_run',
    text: 'select tenant_id, delivery_id from resolve_handler_run($1::text)',
    values: [workflowId],
  });
  const [row] = rows;
  return (
    row && {
      tenantId: parseTenantId(row.tenant_id),
      deliveryId: parseDeliveryId(row.delivery_id),
    }
  );
}

/** What an action of a run works with: the request that its delivery stands for. */
export interface RunDelivery {
  readonly hookSlug: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  readonly idempotencyKey: string | null;
}

/**
 * Locks the delivery of a run, so that the steps of one run act one after the other, and reads its
 * request. A run may outlive its hook: then the slug is the one that the request came in with.
 */
export async function lockRunDelivery(
  tx: TenantTx,
  id: DeliveryId,
): Promise<RunDelivery | undefined> {
  const { rows } = await tx.query<{
    hook_slug: string;
    request_headers: Record<string, string>;
    body: Buffer | null;
    idempotency_key: string | null;
  }>({
    name: 'lock_run_delivery',
    text: `
      select coalesce(h.slug, split_part(d.workflow_id, '/', 3)) as hook_slug,
        d.request_headers, d.body, d.idempotency_key
      from inbound_deliveries d
      left join hooks h on h.tenant_id = d.tenant_id and h.id = d.hook_id
      where d.tenant_id = $1::uuid and d.id = $2::uuid
      for update of d`,
    values: [tx.tenantId, id],
  });
  const [row] = rows;
  return (
    row && {
      hookSlug: row.hook_slug,
      headers: row.request_headers,
      body: row.body ?? Buffer.alloc(0),
      idempotencyKey: row.idempotency_key,
    }
  );
}

/** One step of a run, with the hash of what it was asked to do. */
export interface RunStep {
  readonly deliveryId: DeliveryId;
  readonly step: string;
  readonly action: string;
  readonly fieldsSha256: Buffer;
}

export interface RecordedStep {
  /** Whether the step was made by the same action with the same fields. */
  readonly isSame: boolean;
  readonly outcome: ActionOutcome;
}

/** What a step of a run did, or undefined when it has not been made. */
export async function findActionRun(
  tx: TenantTx,
  { deliveryId, step, action, fieldsSha256 }: RunStep,
): Promise<RecordedStep | undefined> {
  const { rows } = await tx.query<{ is_same: boolean; outcome: ActionOutcome }>({
    name: 'find_action_run',
    text: `
      select action = $4::text and fields_sha256 = $5::bytea as is_same, outcome
      from action_runs
      where tenant_id = $1::uuid and delivery_id = $2::uuid and step = $3::text`,
    values: [tx.tenantId, deliveryId, step, action, fieldsSha256],
  });
  const [row] = rows;
  return row && { isSame: row.is_same, outcome: row.outcome };
}

/** Records what a step did. */
export async function insertActionRun(
  tx: TenantTx,
  { deliveryId, step, action, fieldsSha256 }: RunStep,
  outcome: ActionOutcome,
): Promise<void> {
  await tx.query({
    name: 'insert_action_run',
    text: `
      insert into action_runs (tenant_id, delivery_id, step, action, fields_sha256, outcome)
      values ($1::uuid, $2::uuid, $3::text, $4::text, $5::bytea, $6::jsonb)`,
    values: [tx.tenantId, deliveryId, step, action, fieldsSha256, JSON.stringify(outcome)],
  });
}
