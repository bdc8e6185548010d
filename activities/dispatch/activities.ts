import { parseDeliveryId, parseTenantId, type DeliveryId } from '../../shared/domain/ids.ts';
import type { DispatchOutcome, FailedOutcome } from '../../shared/domain/outcome.ts';
import { parseJsonBody } from '../../shared/domain/json-body.ts';
import { directActionConfigSchema } from '../../shared/schemas/hook.ts';
import type { TenantTx, WithTenant } from '../../shared/db/tenant.ts';
import {
  findDispatchable,
  lockForEffect,
  recordOutcome,
  type DispatchableDelivery,
} from '../../shared/db/queries/inbound-deliveries.ts';
import { applyMapping } from '../../shared/evaluator/apply-mapping.ts';
import type { Evaluator } from '../../shared/evaluator/evaluator.ts';
import type { Action, ActionContext, ActionRegistry } from '../actions/contract.ts';
import type { DispatchActivities } from './contract.ts';

export interface DispatchDeps {
  readonly withTenant: WithTenant;
  readonly evaluator: Evaluator;
  readonly actions: ActionRegistry;
  /** Told of every outcome once it is committed; the gateway's waiting requests listen here. */
  readonly onOutcome: (deliveryId: DeliveryId, outcome: DispatchOutcome) => void;
}

/** The effect of a delivery inside its transaction: what it did, or why it was refused. */
type Effect = (tx: TenantTx) => Promise<DispatchOutcome>;

export function makeDispatchActivities(deps: DispatchDeps): DispatchActivities {
  async function dispatch(tenantId: string, id: DeliveryId): Promise<DispatchOutcome> {
    const tenant = parseTenantId(tenantId);
    const delivery = await deps.withTenant(tenant, (tx) => findDispatchable(tx, id));
    if (delivery === undefined) throw new Error(`delivery ${id} is gone`);
    if (delivery.outcome !== null) return delivery.outcome;
    // The mapping runs before the transaction: a slow expression must not hold a row lock.
    const effect = await prepare(deps, delivery);
    return deps.withTenant(tenant, (tx) => applyOnce(tx, id, effect));
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

/** The row lock and the stored outcome make the effect happen once, however often this is called. */
async function applyOnce(tx: TenantTx, id: DeliveryId, effect: Effect): Promise<DispatchOutcome> {
  const stored = await lockForEffect(tx, id);
  if (stored !== null) return stored;
  const outcome = await effect(tx);
  await recordOutcome(tx, id, outcome);
  return outcome;
}

async function prepare(deps: DispatchDeps, delivery: DispatchableDelivery): Promise<Effect> {
  if (delivery.hook === null) {
    return refuse({ code: 'hook_deleted', message: 'The hook was deleted before the dispatch.' });
  }
  const config = directActionConfigSchema.parse(delivery.hook.handlerConfig);
  const action = deps.actions.get(config.action);
  if (action === undefined) {
    return refuse({ code: 'handler_unknown', message: `No action is named ${config.action}.` });
  }
  const body = parseJsonBody(delivery.body);
  if (!body.ok) return refuse({ code: 'invalid_json', message: body.reason });
  const mapped = await applyMapping(deps.evaluator, action, config.mapping, {
    body: body.value,
    headers: delivery.headers,
    query: delivery.query,
    delivery: {
      id: delivery.id,
      receivedAt: delivery.receivedAt.toISOString(),
      idempotencyKey: delivery.idempotencyKey,
    },
  });
  if (!mapped.ok) {
    return refuse({ code: 'mapping_failed', field: mapped.field, message: mapped.reason });
  }
  const context = {
    hookSlug: delivery.hook.slug,
    deliveryId: delivery.id,
    headers: delivery.headers,
    body: body.value,
    idempotencyKey: delivery.idempotencyKey,
  };
  return (tx) => act(action, { ...context, tx }, mapped.fields);
}

function refuse(failure: Omit<FailedOutcome, 'status'>): Effect {
  return () => Promise.resolve({ status: 'failed', ...failure });
}

/** Runs the handler in a savepoint: what it wrote before a refusal is undone, the record is not. */
async function act(
  action: Action,
  context: ActionContext,
  fields: Readonly<Record<string, unknown>>,
): Promise<DispatchOutcome> {
  await context.tx.query({ text: 'savepoint effect' });
  const result = await action.handle(context, fields);
  if (!('status' in result)) {
    return { status: 'dispatched', action: action.name, entityType: action.entityType, ...result };
  }
  await context.tx.query({ text: 'rollback to savepoint effect' });
  return result;
}
