import { applyOnce } from '../../shared/db/apply-once.ts';
import { recordHandlerRunId } from '../../shared/db/queries/handler-runs.ts';
import {
  bodyKindOf,
  deliveryLedger,
  type DispatchableDelivery,
} from '../../shared/db/queries/inbound-deliveries.ts';
import { isWorkflowPublished } from '../../shared/db/queries/published-workflows.ts';
import type { WithTenant } from '../../shared/db/tenant.ts';
import {
  handlerRun,
  type HandlerEnvelope,
  type HandlerRun,
} from '../../shared/domain/handler-workflow.ts';
import { toWireId, type TenantId } from '../../shared/domain/ids.ts';
import { parseRequestBody } from '../../shared/domain/request-body.ts';
import type { DispatchOutcome, FailedOutcome } from '../../shared/domain/outcome.ts';
import type { ErrorCode } from '../../shared/errors/catalogue.ts';
import { workflowHandlerConfigSchema } from '../../shared/schemas/hook.ts';
import { decideOnce, isOutcome } from './decide-once.ts';
import type { WorkflowRegistry } from './workflow-registry.ts';

/** A run to be started, and what the engine is told of it. */
export interface HandlerStartRequest {
  readonly run: HandlerRun;
  readonly envelope: HandlerEnvelope;
  readonly tenantId: TenantId;
}

export type HandlerStart =
  | { readonly ok: true; readonly runId: string }
  /** The engine will not take this run, however often it is asked. */
  | { readonly ok: false; readonly reason: string };

/**
 * Starts a run, or finds the one that was started under its id before. Rejects for faults that a
 * later try may not meet, such as an engine that does not answer.
 */
export type StartHandler = (request: HandlerStartRequest) => Promise<HandlerStart>;

export interface HandlerWorkflowDeps {
  readonly withTenant: WithTenant;
  readonly workflows: WorkflowRegistry;
  readonly startHandler: StartHandler;
}

/** The engine takes up to 2 MiB; the rest is room for what it stores beside the envelope. */
const envelopeBytesMax = 1_572_864;

/**
 * Starts the handler workflow of a delivery, once, and records that (S-036). The run is tied to the
 * delivery before it is started: a repetition after a crash starts that same run and judges nothing
 * anew, even if the hook or the workflow has changed since.
 *
 *   judged ──▶ tied ──▶ started ──▶ recorded as dispatched
 *      └──────────────────┴───────▶ recorded as failed, with a code
 */
export async function dispatchToWorkflow(
  deps: HandlerWorkflowDeps,
  tenantId: TenantId,
  delivery: DispatchableDelivery,
): Promise<DispatchOutcome> {
  const ledger = deliveryLedger(delivery.id);
  const fail = (failure: FailedOutcome): Promise<DispatchOutcome> =>
    deps.withTenant(tenantId, (tx) => applyOnce(tx, ledger, () => Promise.resolve(failure)));

  const body = parseRequestBody(delivery.body, bodyKindOf(delivery));
  if (!body.ok) return fail(refuse('invalid_json', body.reason));
  const envelope = envelopeOf(delivery, body.value);
  const wanted = delivery.handlerRun ?? (await judge(deps, tenantId, delivery, envelope));
  const tied = await decideOnce(deps.withTenant, { tenantId, id: delivery.id }, () =>
    Promise.resolve(wanted),
  );
  if (isOutcome(tied)) return tied;

  const start = await deps.startHandler({ run: tied, envelope, tenantId });
  if (!start.ok) return fail(refuse('start_refused', start.reason));
  return deps.withTenant(tenantId, (tx) =>
    applyOnce(tx, ledger, async () => {
      await recordHandlerRunId(tx, delivery.id, start.runId);
      return {
        status: 'dispatched',
        workflow: tied.workflow,
        workflowVersion: tied.version,
        workflowId: tied.workflowId,
        workflowRunId: start.runId,
      };
    }),
  );
}

/** The run that the hook asks for, or why it cannot be started. */
async function judge(
  deps: HandlerWorkflowDeps,
  tenantId: TenantId,
  delivery: DispatchableDelivery,
  envelope: HandlerEnvelope,
): Promise<HandlerRun | FailedOutcome> {
  const { workflowId } = workflowHandlerConfigSchema.parse(delivery.hook?.handlerConfig);
  const registered = deps.workflows.find(workflowId);
  if (registered === undefined) {
    return refuse('workflow_unknown', `No workflow has the id ${workflowId}.`);
  }
  if (!(await deps.withTenant(tenantId, (tx) => isWorkflowPublished(tx, workflowId)))) {
    return refuse('workflow_unpublished', `The workflow ${workflowId} is not published.`);
  }
  const bytes = Buffer.byteLength(JSON.stringify(envelope));
  if (bytes > envelopeBytesMax) {
    const message = `A workflow takes ${envelopeBytesMax} bytes with headers; this is ${bytes}.`;
    return refuse('workflow_input_too_large', message);
  }
  const checked = registered.checkBody(envelope.body);
  if (!checked.ok) return refuse('workflow_input_refused', checked.reason, checked.field);
  return handlerRun(workflowId, registered.description.version, delivery.id);
}

/** What the run gets (S-035). */
function envelopeOf(delivery: DispatchableDelivery, body: unknown): HandlerEnvelope {
  return {
    source: delivery.hookSlug,
    body,
    headers: delivery.headers,
    verified: true,
    delivery_id: toWireId('delivery', delivery.id),
    idempotency_key: delivery.idempotencyKey,
    received_at: delivery.receivedAt.toISOString(),
  };
}

function refuse(code: ErrorCode, message: string, field = ''): FailedOutcome {
  return { status: 'failed', code, message, ...(field === '' ? {} : { field }) };
}
