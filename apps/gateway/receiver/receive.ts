import { createHash } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import { openHookSecrets } from '../../../shared/crypto/hook-secrets.ts';
import { verifyHmacSha256 } from '../../../shared/crypto/request-signature.ts';
import type { TenantVault } from '../../../shared/crypto/tenant-vault.ts';
import { findReceivingHook, type ReceivingHook } from '../../../shared/db/queries/hooks.ts';
import {
  acceptDelivery,
  insertFailedDelivery,
  insertRejectedDelivery,
  type RequestRecord,
} from '../../../shared/db/queries/inbound-deliveries.ts';
import type { TenantTx, WithTenant } from '../../../shared/db/tenant.ts';
import { storableHeaders } from '../../../shared/domain/headers.ts';
import { parseDeliveryId, type DeliveryId, type TenantId } from '../../../shared/domain/ids.ts';
import { parseJsonBody } from '../../../shared/domain/json-body.ts';
import type { FailedOutcome } from '../../../shared/domain/outcome.ts';
import { inboundWorkflowId } from '../../../shared/domain/workflow-id.ts';
import type { Evaluator } from '../../../shared/evaluator/evaluator.ts';
import {
  accepted,
  answerFor,
  duplicate,
  switchedOff,
  unauthorized,
  type Answer,
} from './answer.ts';
import { findIdempotencyKey } from './idempotency-key.ts';
import type { Settle } from './settle.ts';
import type { TenantDirectory } from './tenant-directory.ts';

/** A request to the receiver, free of any web framework. */
export interface InboundRequest {
  readonly tenantSlug: string;
  readonly hookSlug: string;
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly clientIp: string | null;
  readonly body: Buffer;
}

export interface ReceiverDeps {
  readonly tenants: TenantDirectory;
  readonly withTenant: WithTenant;
  readonly vault: TenantVault;
  readonly evaluator: Evaluator;
  readonly settle: Settle;
  readonly startGraceMs: number;
}

export type Receive = (request: InboundRequest) => Promise<Answer>;

/** The receiver: from raw bytes to a committed delivery and its answer (design: architecture.md). */
export function makeReceive(deps: ReceiverDeps): Receive {
  return async (request) => {
    const tenant = await deps.tenants.resolve(request.tenantSlug);
    if (tenant === undefined) {
      isAuthentic(request, undefined, []);
      return unauthorized;
    }
    if (!tenant.isInboundEnabled) return switchedOff;
    const { hook, secrets } = await deps.withTenant(tenant.id, (tx) =>
      findHookWithSecrets(deps.vault, tx, request.hookSlug),
    );
    const record = recordOf(request, hook);
    // Before anything is known of the hook: what is not let in takes the same work, whatever the reason.
    const isProven = isAuthentic(request, hook, secrets);
    if (hook === undefined || !hook.isActive || !isProven) {
      const refusal = hook?.isActive ? 'rejected_signature' : 'rejected_no_auth';
      await deps.withTenant(tenant.id, (tx) => insertRejectedDelivery(tx, record, refusal));
      return unauthorized;
    }
    return acceptVerified(deps, tenant.id, request, { ...record, hookId: hook.id }, hook);
  };
}

async function findHookWithSecrets(vault: TenantVault, tx: TenantTx, slug: string) {
  const hook = await findReceivingHook(tx, slug);
  return { hook, secrets: hook === undefined ? [] : await openHookSecrets(vault, tx, hook) };
}

/** False for an unknown hook, after the work that a known one takes. */
function isAuthentic(
  request: InboundRequest,
  hook: ReceivingHook | undefined,
  secrets: readonly Buffer[],
): boolean {
  const header = hook && request.headers[hook.authConfig.signatureHeader];
  return verifyHmacSha256(Array.isArray(header) ? undefined : header, request.body, secrets);
}

function recordOf(request: InboundRequest, hook: ReceivingHook | undefined): RequestRecord {
  return {
    id: parseDeliveryId(uuidv7()),
    hookId: hook?.id ?? null,
    method: request.method,
    path: request.path,
    query: request.query,
    headers: storableHeaders(request.headers),
    sourceIp: request.clientIp,
  };
}

async function acceptVerified(
  deps: ReceiverDeps,
  tenantId: TenantId,
  request: InboundRequest,
  record: RequestRecord & { readonly hookId: ReceivingHook['id'] },
  hook: ReceivingHook,
): Promise<Answer> {
  const bodySha256 = createHash('sha256').update(request.body).digest();
  const fail = async (failure: Omit<FailedOutcome, 'status'>): Promise<Answer> => {
    const outcome: FailedOutcome = { status: 'failed', ...failure };
    await deps.withTenant(tenantId, (tx) =>
      insertFailedDelivery(tx, record, request.body, bodySha256, outcome),
    );
    return answerFor(record.id, outcome);
  };
  const body = parseJsonBody(request.body);
  if (!body.ok) return fail({ code: 'invalid_json', message: body.reason });
  const key = await findIdempotencyKey(deps.evaluator, hook.idempotencySource, {
    body: body.value,
    headers: record.headers,
    query: record.query,
    delivery: { id: record.id },
  });
  if (!key.ok)
    return fail({ code: 'mapping_failed', field: 'idempotencyKey', message: key.reason });

  const acceptance = await deps.withTenant(tenantId, (tx) =>
    acceptDelivery(tx, {
      ...record,
      body: request.body,
      bodySha256,
      idempotencyKey: key.key,
      windowSeconds: hook.idempotencyWindowSeconds,
      workflowId: workflowIdFor(request, record.id, key.key),
      startGraceMs: deps.startGraceMs,
    }),
  );
  if (acceptance.kind === 'duplicate') return duplicate(acceptance.original);

  const start = { tenantId, deliveryId: record.id, workflowId: acceptance.workflowId };
  if (isAcceptanceEnough(request, hook)) {
    void deps.settle(start, 'start-only');
    return accepted(record.id);
  }
  const outcome = await deps.settle(start, 'await-outcome');
  return outcome === undefined ? accepted(record.id) : answerFor(record.id, outcome);
}

function workflowIdFor(
  request: InboundRequest,
  deliveryId: DeliveryId,
  key: string | null,
): string {
  const keyHash = key === null ? null : createHash('sha256').update(key).digest('hex');
  const { tenantSlug, hookSlug } = request;
  return inboundWorkflowId({ tenantSlug, hookSlug, deliveryId, keyHash });
}

/** The hook can be set to answer at once, and a sender can ask for it (RFC 7240). */
function isAcceptanceEnough(request: InboundRequest, hook: ReceivingHook): boolean {
  const prefer = request.headers['prefer'];
  return hook.responseMode === 'accepted' || /\brespond-async\b/i.test(String(prefer ?? ''));
}
