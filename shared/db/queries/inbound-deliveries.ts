import type { HandlerRun } from '../../domain/handler-workflow.ts';
import { answerStatus, type DispatchOutcome, type FailedOutcome } from '../../domain/outcome.ts';
import {
  parseDeliveryId,
  parseTenantId,
  type DeliveryId,
  type HookId,
  type TenantId,
} from '../../domain/ids.ts';
import type { BodyKind } from '../../domain/request-body.ts';
import { toStorableJson } from '../../domain/storable-text.ts';
import type { LanguageLevel } from '../../domain/language-level.ts';
import type { HandlerType } from '../../schemas/hook.ts';
import type { Refusal } from '../../verification/types.ts';
import type { EffectLedger } from '../apply-once.ts';
import { databaseError, type Pool } from '../pool.ts';
import type { TenantStatements } from '../self-contained.ts';
import type { TenantTx } from '../tenant.ts';
import { toHandlerRun, type HandlerRunRow } from './handler-runs.ts';

/** A request as it is stored. Headers and path are already free of credentials. */
export interface RequestRecord {
  readonly id: DeliveryId;
  readonly hookId: HookId | null;
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly sourceIp: string | null;
  readonly userAgent: string | null;
}

/** Where an accepted request comes from: its sender, or an administrator. */
export type Origin =
  | { readonly kind: 'sender' }
  | { readonly kind: 'test' }
  | { readonly kind: 'replay'; readonly from: DeliveryId };

export interface AcceptedRequest extends RequestRecord {
  readonly hookId: HookId;
  readonly origin: Origin;
  readonly body: Buffer;
  readonly bodySha256: Buffer;
  readonly idempotencyKey: string | null;
  readonly windowSeconds: number;
  /** The workflow id for a first use of the key (domain/workflow-id.ts). */
  readonly workflowId: string;
  /** How long the gateway keeps the start to itself before the sweeper may make it. */
  readonly startGraceMs: number;
  /** What the sender is told whatever comes of it, when it does not wait for the outcome. */
  readonly promisedStatus: number | null;
  /** The version of the hook that let the request in; null when it was read a moment ago. */
  readonly judgedBy: string | null;
}

/** The parameters $1 to $9 of the statement that inserts a failed delivery. */
function recordValues(tx: TenantTx, request: RequestRecord): unknown[] {
  return [
    tx.tenantId,
    request.id,
    request.hookId,
    request.method,
    request.path,
    toStorableJson(request.query),
    toStorableJson(request.headers),
    request.sourceIp,
    request.userAgent,
  ];
}

export type Acceptance =
  | { readonly kind: 'accepted'; readonly workflowId: string; readonly receivedAt: Date }
  | { readonly kind: 'duplicate'; readonly original: DeliveryId }
  /** The hook is no longer what the request was judged by. Nothing is stored. */
  | { readonly kind: 'stale' };

/**
 * Reserves the idempotency keys of requests and stores their deliveries, in one statement that names
 * its tenant itself (migrations 0016 and 0029). This commit is what a 2xx answer stands on. Takes no two
 * requests with one key of one hook; gives an acceptance for each, in their order.
 */
export async function acceptDeliveries(
  tx: TenantStatements,
  requests: readonly AcceptedRequest[],
): Promise<Acceptance[]> {
  let bodyAt = 0;
  const documents = requests.map((request) => {
    const document = { ...documentOf(request), body_at: bodyAt };
    bodyAt += request.body.length;
    return document;
  });
  const { rows } = await tx.query<{
    delivery_id: string;
    original_id: string | null;
    started_as: string;
    accepted_at: Date;
  }>({
    name: 'accept_deliveries',
    text: `
      select delivery_id, original_id, started_as, accepted_at
      from accept_deliveries($1::uuid, $2::jsonb, $3::bytea)`,
    values: [
      tx.tenantId,
      toStorableJson(documents),
      Buffer.concat(requests.map(({ body }) => body)),
    ],
  });
  const stored = new Map(rows.map((row) => [row.delivery_id, row]));
  return requests.map(({ id }): Acceptance => {
    const row = stored.get(id);
    if (row === undefined) return { kind: 'stale' };
    return row.original_id === null
      ? { kind: 'accepted', workflowId: row.started_as, receivedAt: row.accepted_at }
      : { kind: 'duplicate', original: parseDeliveryId(row.original_id) };
  });
}

/** A request as accept_deliveries reads it. */
const documentOf = (request: AcceptedRequest) => ({
  id: request.id,
  hook: request.hookId,
  judged_by: request.judgedBy,
  method: request.method,
  path: request.path,
  query: request.query,
  headers: request.headers,
  ip: request.sourceIp,
  agent: request.userAgent,
  body_bytes: request.body.length,
  body_sha256: request.bodySha256.toString('hex'),
  run_id: request.workflowId,
  key: request.idempotencyKey,
  window_seconds: request.windowSeconds,
  grace_ms: request.startGraceMs,
  status: request.promisedStatus,
  is_test: request.origin.kind === 'test',
  replay_of: request.origin.kind === 'replay' ? request.origin.from : null,
});

/** Accepts one request, as `acceptDeliveries` does. */
export async function acceptDelivery(
  tx: TenantStatements,
  request: AcceptedRequest,
): Promise<Acceptance> {
  const [acceptance] = await acceptDeliveries(tx, [request]);
  if (acceptance === undefined) throw new Error('one request has one acceptance');
  return acceptance;
}

/** Stores a request that was not let in: without its body (S-012). */
export async function insertRejectedDelivery(
  tx: TenantTx,
  request: RequestRecord,
  authStatus: Refusal,
  durationMs: number,
): Promise<void> {
  const outcome = { status: 'failed', code: authStatus, message: 'The request was not let in.' };
  const answer = { status: 401, durationMs };
  await insertFailed(tx, request, authStatus, outcome, answer, null, null);
}

/** Stores a verified request that cannot be dispatched, with the bytes it came with. */
export async function insertFailedDelivery(
  tx: TenantTx,
  request: RequestRecord,
  body: { readonly bytes: Buffer; readonly sha256: Buffer },
  outcome: FailedOutcome,
  durationMs: number,
): Promise<void> {
  const answer = { status: answerStatus(outcome), durationMs };
  await insertFailed(tx, request, 'verified', outcome, answer, body.bytes, body.sha256);
}

async function insertFailed(
  tx: TenantTx,
  request: RequestRecord,
  authStatus: Refusal | 'verified',
  outcome: { readonly status: string; readonly code: string; readonly message: string },
  answer: { readonly status: number; readonly durationMs: number },
  body: Buffer | null,
  bodySha256: Buffer | null,
): Promise<void> {
  await tx.query({
    name: 'insert_failed_delivery',
    text: `
      insert into inbound_deliveries (tenant_id, id, hook_id, request_method, request_path,
        request_query, request_headers, source_ip, user_agent, body, body_sha256, auth_status,
        dispatch_status, outcome, response_status, duration_ms)
      values ($1::uuid, $2::uuid, $3::uuid, $4::text, $5::text, $6::jsonb, $7::jsonb, $8::inet,
        $9::text, $10::bytea, $11::bytea, $12::text, 'failed', $13::jsonb, $14::integer,
        $15::integer)`,
    values: [
      ...recordValues(tx, request),
      body,
      bodySha256,
      authStatus,
      toStorableJson(outcome),
      answer.status,
      answer.durationMs,
    ],
  });
}

/** What a sender was told, and how long it waited for that. */
export interface AnswerNote {
  readonly id: DeliveryId;
  readonly status: number;
  readonly durationMs: number;
}

/** Notes what senders were told, many rows in one statement. */
export function noteAnswers(tx: TenantTx, notes: readonly AnswerNote[]): void {
  tx.ahead({
    name: 'note_answers',
    text: `
      update inbound_deliveries d
      set response_status = n.status, duration_ms = n.duration_ms
      from unnest($2::uuid[], $3::integer[], $4::integer[]) as n (id, status, duration_ms)
      where d.tenant_id = $1::uuid and d.id = n.id`,
    values: [
      tx.tenantId,
      notes.map(({ id }) => id),
      notes.map(({ status }) => status),
      notes.map(({ durationMs }) => durationMs),
    ],
  });
}

/** What a dispatch works from: the stored request and the current handler of its hook. */
export interface DispatchableDelivery {
  readonly id: DeliveryId;
  /** Set once the delivery left `pending`. */
  readonly outcome: DispatchOutcome | null;
  readonly body: Buffer;
  readonly headers: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, unknown>>;
  readonly receivedAt: Date;
  readonly idempotencyKey: string | null;
  /** The slug of its hook; of a deleted hook, the one that the request came in with. */
  readonly hookSlug: string;
  /** Null when the hook was deleted meanwhile. */
  readonly hook: {
    readonly handlerType: HandlerType;
    readonly handlerConfig: unknown;
    readonly languageLevel: LanguageLevel;
    readonly isFormTaken: boolean;
  } | null;
  /** Set once a run of a handler workflow is tied to the delivery, whatever becomes of its hook. */
  readonly handlerRun: HandlerRun | undefined;
}

interface DispatchableRow extends HandlerRunRow {
  outcome: DispatchOutcome | null;
  body: Buffer | null;
  request_headers: Record<string, string>;
  request_query: Record<string, unknown>;
  received_at: Date;
  idempotency_key: string | null;
  hook_slug: string;
  handler_type: HandlerType | null;
  handler_config: unknown;
  language_level: LanguageLevel;
  is_form_taken: boolean;
}

/**
 * A delivery with the current handler of its hook, or undefined when the tenant has no such row. One statement
 * that names its tenant itself (migration 0027).
 */
export async function findDispatchable(
  tx: TenantStatements,
  id: DeliveryId,
): Promise<DispatchableDelivery | undefined> {
  const { rows } = await tx.query<DispatchableRow>({
    name: 'find_dispatchable',
    text: 'select * from find_dispatchable_delivery($1::uuid, $2::uuid)',
    values: [tx.tenantId, id],
  });
  const [row] = rows;
  return (
    row && {
      id,
      outcome: row.outcome,
      body: row.body ?? Buffer.alloc(0),
      headers: row.request_headers,
      query: row.request_query,
      receivedAt: row.received_at,
      idempotencyKey: row.idempotency_key,
      hookSlug: row.hook_slug,
      hook:
        row.handler_type === null
          ? null
          : {
              handlerType: row.handler_type,
              handlerConfig: row.handler_config,
              languageLevel: row.language_level,
              isFormTaken: row.is_form_taken,
            },
      handlerRun: toHandlerRun(id, row),
    }
  );
}

/** How the body of a delivery is read: as its hook's sender may send it now. */
export function bodyKindOf({ headers, hook }: DispatchableDelivery): BodyKind {
  return { contentType: headers['content-type'], isFormTaken: hook?.isFormTaken ?? false };
}

/** What has been decided of a delivery. */
export interface DeliveryDecision {
  /** Null while it is pending. */
  readonly outcome: DispatchOutcome | null;
  /** The run of a handler workflow that is tied to it, which may be started already. */
  readonly run: HandlerRun | undefined;
}

/**
 * Locks a delivery of which nothing has been decided, for what the transaction then decides. Of one that is
 * decided, every later statement of the transaction fails, and `isDecided` tells why: so nobody has to wait
 * for the answer, and of several dispatches of one delivery the first to commit decides.
 */
export function lockUndecided(tx: TenantTx, id: DeliveryId): void {
  tx.ahead({
    name: 'lock_undecided',
    text: 'select lock_undecided_delivery($1::uuid, $2::uuid)',
    values: [tx.tenantId, id],
  });
}

/** Whether a transaction failed because its delivery had been decided (migration 0028). */
export const isDecided = (error: unknown): boolean => databaseError(error)?.code === 'TG001';

/**
 * Locks a delivery for its effect and returns what has been decided of it. A second dispatch of the
 * same delivery waits here until the first one commits, and then finds its decision.
 */
export async function lockForEffect(tx: TenantTx, id: DeliveryId): Promise<DeliveryDecision> {
  const { rows } = await tx.query<HandlerRunRow & { outcome: DispatchOutcome | null }>({
    name: 'lock_for_effect',
    text: `
      select outcome, handler_workflow_id, handler_version from inbound_deliveries
      where tenant_id = $1::uuid and id = $2::uuid for update`,
    values: [tx.tenantId, id],
  });
  const [row] = rows;
  if (row === undefined) throw new Error(`delivery ${id} is gone`);
  return { outcome: row.outcome, run: toHandlerRun(id, row) };
}

/**
 * Records the outcome of a pending delivery; a failure frees its idempotency key (S-016). A replay or
 * a test has no sender to answer: what one would have been told is noted here. Nothing is committed when
 * the delivery is not pending, so that this can travel with the commit.
 */
function recordOutcome(tx: TenantTx, id: DeliveryId, outcome: DispatchOutcome): void {
  tx.ahead({
    name: 'record_outcome',
    text: 'select note_outcome($1::uuid, $2::uuid, $3::text, $4::jsonb, $5::integer)',
    values: [tx.tenantId, id, outcome.status, toStorableJson(outcome), answerStatus(outcome)],
  });
}

/** A delivery as the ledger of its one effect. */
export function deliveryLedger(id: DeliveryId): EffectLedger<DispatchOutcome> {
  return {
    lock: async (tx) => (await lockForEffect(tx, id)).outcome,
    record: async (tx, outcome) => recordOutcome(tx, id, outcome),
  };
}

export interface UnstartedDelivery {
  readonly tenantId: TenantId;
  readonly deliveryId: DeliveryId;
  readonly workflowId: string;
  readonly attempts: number;
}

/** Takes due deliveries of all tenants and pushes each one's next due time out (see migration 0002). */
export async function claimUnstarted(
  pool: Pool,
  rowsMax: number,
  waitBaseMs: number,
): Promise<UnstartedDelivery[]> {
  const { rows } = await pool.query<{
    tenant_id: string;
    delivery_id: string;
    workflow_id: string;
    start_attempts: number;
  }>({
    name: 'claim_unstarted',
    text: 'select * from claim_unstarted_deliveries($1::integer, $2::integer)',
    values: [rowsMax, waitBaseMs],
  });
  return rows.map((row) => ({
    tenantId: parseTenantId(row.tenant_id),
    deliveryId: parseDeliveryId(row.delivery_id),
    workflowId: row.workflow_id,
    attempts: row.start_attempts,
  }));
}
