import { createHash } from 'node:crypto';
import { captureSample } from '../../../shared/db/queries/hook-samples.ts';
import type { ReceivingHook } from '../../../shared/db/queries/hooks.ts';
import {
  acceptDelivery,
  insertFailedDelivery,
  type Acceptance,
  type AcceptedRequest,
  type Origin,
  type RequestRecord,
} from '../../../shared/db/queries/inbound-deliveries.ts';
import type { WithTenant } from '../../../shared/db/tenant.ts';
import type { TenantId } from '../../../shared/domain/ids.ts';
import { parseRequestBody } from '../../../shared/domain/request-body.ts';
import type { FailedOutcome } from '../../../shared/domain/outcome.ts';
import { inboundWorkflowId } from '../../../shared/domain/workflow-id.ts';
import type { Evaluator } from '../../../shared/evaluator/evaluator.ts';
import { bodyKind } from '../hooks/body-kind.ts';
import { dispatchableOf, type AcceptedDeliveries } from './accepted-deliveries.ts';
import type { StoreAccepted } from './acceptor.ts';
import type { AnswerLog } from './answer-log.ts';
import { accepted, answerFor, duplicate, tooLarge, type Answer } from './answer.ts';
import { findIdempotencyKey } from './idempotency-key.ts';
import type { InboundRequest } from './inbound-request.ts';
import type { AdmitRequest } from './rate-limit.ts';
import type { Settle } from './settle.ts';

export interface AcceptDeps {
  readonly withTenant: WithTenant;
  readonly storeAccepted: StoreAccepted;
  readonly evaluator: Evaluator;
  readonly admit: AdmitRequest;
  readonly settle: Settle;
  readonly accepted: Pick<AcceptedDeliveries, 'keep'>;
  readonly answers: AnswerLog;
  readonly startGraceMs: number;
  /** The ceiling for hooks that have none of their own. */
  readonly bodyLimitBytes: number;
}

/** A request whose sender is proven. */
export interface VerifiedRequest {
  readonly tenantId: TenantId;
  readonly request: InboundRequest;
  readonly record: RequestRecord & { readonly hookId: ReceivingHook['id'] };
  readonly hook: ReceivingHook;
  /** The version of a hook that was remembered; null when it was read for this request. */
  readonly judgedBy: string | null;
  /** When the request began, by the monotonic clock in milliseconds. */
  readonly startedAtMs: number;
  /** Called once the request is stored, before its outcome is waited for. */
  readonly onCommitted: () => void;
}

/** Undefined when a remembered hook does not let the request in, or has changed: nothing is stored. */
export type AcceptVerified = (verified: VerifiedRequest) => Promise<Answer | undefined>;

const fromSender: Origin = { kind: 'sender' };

/** From a proven request to its committed row, its run and its answer. */
export function makeAccept(deps: AcceptDeps): AcceptVerified {
  return async (verified) => {
    const { tenantId, request, record, hook, judgedBy } = verified;
    const durationMs = (): number => Math.round(performance.now() - verified.startedAtMs);
    const bodySha256 = createHash('sha256').update(request.body).digest();
    const checked = await check(deps, verified);
    if (!checked.ok) {
      if (judgedBy !== null) return undefined;
      if (checked.failure === undefined) return tooLarge;
      const outcome: FailedOutcome = { status: 'failed', ...checked.failure };
      const body = { bytes: request.body, sha256: bodySha256 };
      await deps.withTenant(tenantId, (tx) =>
        insertFailedDelivery(tx, record, body, outcome, durationMs()),
      );
      return { ...answerFor(record.id, outcome), headers: checked.headers };
    }
    const { key } = checked;
    const isAcceptanceEnough = asksForAcceptance(request, hook);
    const accepting: AcceptedRequest = {
      ...record,
      origin: fromSender,
      body: request.body,
      bodySha256,
      idempotencyKey: key,
      windowSeconds: hook.idempotencyWindowSeconds,
      workflowId: workflowIdFor(request, record, key),
      startGraceMs: deps.startGraceMs,
      promisedStatus: isAcceptanceEnough ? 200 : null,
      judgedBy,
    };
    const acceptance = await store(deps, verified, accepting);
    if (acceptance.kind === 'stale') return undefined;
    verified.onCommitted();
    const { id } = record;
    if (acceptance.kind === 'duplicate') {
      deps.answers.note(tenantId, { id, status: 200, durationMs: durationMs() });
      return duplicate(acceptance.original);
    }
    const start = { tenantId, deliveryId: id, workflowId: acceptance.workflowId };
    if (isAcceptanceEnough) {
      void deps.settle(start, 'start-only');
      deps.answers.note(tenantId, { id, status: 200, durationMs: durationMs() });
      return accepted(id);
    }
    const { receivedAt } = acceptance;
    const forget = deps.accepted.keep(id, () => dispatchableOf(accepting, hook, receivedAt));
    const outcome = await deps.settle(start, 'await-outcome').finally(forget);
    const answer = outcome === undefined ? accepted(id) : answerFor(id, outcome);
    deps.answers.note(tenantId, { id, status: answer.status, durationMs: durationMs() });
    return answer;
  };
}

type Checked =
  | { readonly ok: true; readonly key: string | null }
  | {
      readonly ok: false;
      /** Undefined for a body over the limit, which is not stored. */
      readonly failure: Omit<FailedOutcome, 'status'> | undefined;
      readonly headers: Readonly<Record<string, string>>;
    };

/** What a proven request must be to be accepted, and the idempotency key that it has. */
async function check(
  deps: AcceptDeps,
  { tenantId, request, record, hook }: VerifiedRequest,
): Promise<Checked> {
  const refuse = (failure: Omit<FailedOutcome, 'status'> | undefined, headers = {}): Checked => ({
    ok: false,
    failure,
    headers,
  });
  if (request.body.length > (hook.bodyLimitBytes ?? deps.bodyLimitBytes)) return refuse(undefined);
  const body = parseRequestBody(request.body, bodyKind(hook, record.headers));
  if (!body.ok) return refuse({ code: 'invalid_json', message: body.reason });
  const admission = await deps.admit(tenantId, hook);
  if (!admission.isAdmitted) {
    const message = `The hook takes ${hook.rateLimitPerMinute} requests a minute.`;
    const headers = { 'retry-after': String(admission.retryAfterSeconds) };
    return refuse({ code: 'rate_limited', message }, headers);
  }
  const key = await findIdempotencyKey(deps.evaluator, tenantId, hook, {
    body: body.value,
    headers: record.headers,
    query: record.query,
    delivery: { id: record.id },
  });
  if (key.ok) return key;
  return refuse({ code: 'mapping_failed', field: 'idempotencyKey', message: key.reason });
}

/** Stores an accepted request, together with the hook's sample while one is captured. */
function store(
  deps: AcceptDeps,
  { tenantId, request, record, hook }: VerifiedRequest,
  accepting: AcceptedRequest,
): Promise<Acceptance> {
  if (!hook.isCapturing) return deps.storeAccepted(tenantId, accepting);
  return deps.withTenant(tenantId, async (tx) => {
    const { headers, query } = record;
    await captureSample(tx, hook.id, { body: request.body, headers, query });
    return acceptDelivery(tx, accepting);
  });
}

/**
 * The hook's own id is part of the hash: a hook that is made anew under the slug of a deleted one must
 * not meet that one's runs, which its reservations no longer know of.
 */
function workflowIdFor(
  request: InboundRequest,
  { id: deliveryId, hookId }: VerifiedRequest['record'],
  key: string | null,
): string {
  const hash = (text: string): string => createHash('sha256').update(text).digest('hex');
  const keyHash = key === null ? null : hash(`${hookId} ${key}`);
  const { tenantSlug, hookSlug } = request;
  return inboundWorkflowId({ tenantSlug, hookSlug, deliveryId, keyHash });
}

/** The hook can be set to answer at once, and a sender can ask for it (RFC 7240). */
function asksForAcceptance(request: InboundRequest, hook: ReceivingHook): boolean {
  const prefer = request.headers['prefer'];
  return hook.responseMode === 'accepted' || /\brespond-async\b/i.test(String(prefer ?? ''));
}
