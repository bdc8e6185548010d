import {
  parseDeliveryId,
  parseTenantId,
  type DeliveryId,
  type TenantId,
} from '../../shared/domain/ids.ts';
import type { DispatchOutcome, FailedOutcome } from '../../shared/domain/outcome.ts';
import { parseRequestBody } from '../../shared/domain/request-body.ts';
import {
  isBuiltInWorkflow,
  type BuiltInWorkflowId,
} from '../../shared/domain/built-in-workflow.ts';
import {
  directActionConfigSchema,
  workflowHandlerConfigSchema,
} from '../../shared/schemas/hook.ts';
import type { SelfContained } from '../../shared/db/self-contained.ts';
import type { TenantTx } from '../../shared/db/tenant.ts';
import {
  bodyKindOf,
  findDispatchable,
  type DispatchableDelivery,
} from '../../shared/db/queries/inbound-deliveries.ts';
import { applyMapping } from '../../shared/evaluator/apply-mapping.ts';
import type { Evaluator } from '../../shared/evaluator/evaluator.ts';
import { act } from '../actions/act.ts';
import type { ActionRegistry } from '../actions/contract.ts';
import { reportReaders } from '../sources/built-in.ts';
import { recordReport } from '../sources/record-report.ts';
import type { DispatchActivities } from './contract.ts';
import { decideOnce, isOutcome } from './decide-once.ts';
import { dispatchToWorkflow, type HandlerWorkflowDeps } from './handler-workflow.ts';

/** What a worker has to do with the gateway in its process. */
export interface GatewayBeside {
  /** A delivery that this process accepted a moment ago, as `findDispatchable` would give it; once. */
  readonly takeAccepted: (id: DeliveryId) => DispatchableDelivery | undefined;
  /** Told of every outcome once it is committed; the gateway's waiting requests listen here. */
  readonly onOutcome: (deliveryId: DeliveryId, outcome: DispatchOutcome) => void;
}

export interface DispatchDeps extends HandlerWorkflowDeps, GatewayBeside {
  readonly selfContained: SelfContained;
  readonly evaluator: Evaluator;
  readonly actions: ActionRegistry;
}

/** A worker without a gateway beside it. */
export const noGateway: GatewayBeside = {
  takeAccepted: () => undefined,
  onOutcome: () => undefined,
};

/** The effect of a delivery inside its transaction: what it did, or why it was refused. */
type Effect = (tx: TenantTx) => Promise<DispatchOutcome>;

export function makeDispatchActivities(deps: DispatchDeps): DispatchActivities {
  async function dispatch(tenantId: string, id: DeliveryId): Promise<DispatchOutcome> {
    const tenant = parseTenantId(tenantId);
    const delivery =
      deps.takeAccepted(id) ?? (await findDispatchable(deps.selfContained(tenant), id));
    if (delivery === undefined) throw new Error(`delivery ${id} is gone`);
    if (delivery.outcome !== null) return delivery.outcome;
    const isForWorkflow = delivery.hook?.handlerType === 'workflow';
    const source = sourceOf(delivery);
    if ((isForWorkflow && source === undefined) || delivery.handlerRun !== undefined) {
      return dispatchToWorkflow(deps, tenant, delivery);
    }
    // The mapping runs before the transaction: a slow expression must not hold a row lock.
    const effect =
      source === undefined
        ? await prepare(deps, tenant, delivery)
        : prepareReport(source, delivery);
    const decision = await decideOnce(deps.withTenant, { tenantId: tenant, id }, effect);
    if (isOutcome(decision)) return decision;
    // The hook was switched since the delivery was read, and another dispatch has tied a run to it.
    return dispatchToWorkflow(deps, tenant, { ...delivery, handlerRun: decision });
  }

  return {
    async dispatchDelivery({ tenantId, deliveryId }) {
      const id = parseDeliveryId(deliveryId);
      const outcome = await dispatch(tenantId, id);
      deps.onOutcome(id, outcome);
      return outcome;
    },
  };
}

async function prepare(
  deps: DispatchDeps,
  tenantId: TenantId,
  delivery: DispatchableDelivery,
): Promise<Effect> {
  if (delivery.hook === null) {
    return refuse({ code: 'hook_deleted', message: 'The hook was deleted before the dispatch.' });
  }
  const config = directActionConfigSchema.parse(delivery.hook.handlerConfig);
  const action = deps.actions.get(config.action);
  if (action === undefined) {
    return refuse({ code: 'handler_unknown', message: `No action is named ${config.action}.` });
  }
  const body = parseRequestBody(delivery.body, bodyKindOf(delivery));
  if (!body.ok) return refuse({ code: 'invalid_json', message: body.reason });
  const mapped = await applyMapping(deps.evaluator, {
    tenantId,
    level: delivery.hook.languageLevel,
    action,
    mapping: config.mapping,
    context: {
      body: body.value,
      headers: delivery.headers,
      query: delivery.query,
      delivery: {
        id: delivery.id,
        receivedAt: delivery.receivedAt.toISOString(),
        idempotencyKey: delivery.idempotencyKey,
      },
    },
  });
  if (!mapped.ok) {
    return refuse({ code: 'mapping_failed', field: mapped.field, message: mapped.reason });
  }
  const context = {
    hookSlug: delivery.hookSlug,
    deliveryId: delivery.id,
    headers: delivery.headers,
    body: body.value,
    idempotencyKey: delivery.idempotencyKey,
  };
  return (tx) => act(action, { ...context, tx }, mapped.fields);
}

/** The built-in workflow that the hook selects, or undefined. */
function sourceOf({ hook }: DispatchableDelivery): BuiltInWorkflowId | undefined {
  if (hook?.handlerType !== 'workflow') return undefined;
  const { workflowId } = workflowHandlerConfigSchema.parse(hook.handlerConfig);
  return isBuiltInWorkflow(workflowId) ? workflowId : undefined;
}

function prepareReport(source: BuiltInWorkflowId, delivery: DispatchableDelivery): Effect {
  const body = parseRequestBody(delivery.body, bodyKindOf(delivery));
  if (!body.ok) return refuse({ code: 'invalid_json', message: body.reason });
  const reading = reportReaders[source](body.value);
  const { id: deliveryId, hookSlug } = delivery;
  return (tx) => recordReport(tx, { source, hookSlug, deliveryId, reading });
}

function refuse(failure: Omit<FailedOutcome, 'status'>): Effect {
  return () => Promise.resolve({ status: 'failed', ...failure });
}
