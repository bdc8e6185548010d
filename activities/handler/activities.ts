import { createHash } from 'node:crypto';
import { applyOnce, type EffectLedger } from '../../shared/db/apply-once.ts';
import {
  findActionRun,
  insertActionRun,
  lockRunDelivery,
  type RunDelivery,
  type RunOwner,
  type RunStep,
} from '../../shared/db/queries/handler-runs.ts';
import type { TenantTx, WithTenant } from '../../shared/db/tenant.ts';
import { makeFields, typedFields, type FieldInput } from '../../shared/domain/action-fields.ts';
import { parseRequestBody } from '../../shared/domain/request-body.ts';
import type { ActionOutcome, FailedOutcome } from '../../shared/domain/outcome.ts';
import type { ErrorCode } from '../../shared/errors/catalogue.ts';
import { act } from '../actions/act.ts';
import type { ActionRegistry } from '../actions/contract.ts';
import type { HandlerActivities, RunActionInput } from './contract.ts';

export interface HandlerDeps {
  readonly withTenant: WithTenant;
  readonly actions: ActionRegistry;
  /** Temporal's id of the workflow that calls the activity, as the engine gives it. */
  readonly callingWorkflowId: () => string;
  /** Whose run a workflow id names. */
  readonly resolveRun: (workflowId: string) => Promise<RunOwner | undefined>;
}

type StepOutcome = ActionOutcome | FailedOutcome;

const stepLengthMax = 128;

/**
 * The tenant of a call never comes from its input: an engineer's mistake must not reach another
 * tenant's rows. It is read from the delivery that owns the run, and the run is the one that the
 * engine says is calling.
 */
export function makeHandlerActivities(deps: HandlerDeps): HandlerActivities {
  return {
    async runAction(input) {
      const owner = await deps.resolveRun(deps.callingWorkflowId());
      if (owner === undefined) return fail('run_unknown', 'No delivery owns the calling run.');
      if (!isStep(input.step)) {
        return fail('VALIDATION_ERROR', `A step has 1 to ${stepLengthMax} characters.`);
      }
      return deps.withTenant(owner.tenantId, async (tx) => {
        const delivery = await lockRunDelivery(tx, owner.deliveryId);
        if (delivery === undefined) throw new Error(`delivery ${owner.deliveryId} is gone`);
        const step = stepOf(owner, input);
        return applyOnce(tx, stepLedger(step), () =>
          runStep(deps.actions, tx, owner, delivery, input),
        );
      });
    },
  };
}

const isStep = (step: unknown): boolean =>
  typeof step === 'string' && step.length > 0 && step.length <= stepLengthMax;

function stepOf({ deliveryId }: RunOwner, { step, action, fields }: RunActionInput): RunStep {
  const sorted = Object.entries(fields).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const fieldsSha256 = createHash('sha256').update(JSON.stringify(sorted)).digest();
  return { deliveryId, step, action, fieldsSha256 };
}

/** Keeps effects only: a refused step has none, so it may be tried again. */
function stepLedger(step: RunStep): EffectLedger<StepOutcome> {
  return {
    async lock(tx) {
      const recorded = await findActionRun(tx, step);
      if (recorded === undefined) return null;
      if (recorded.isSame) return recorded.outcome;
      return fail('step_reused', `The step ${step.step} of this run has had another effect.`);
    },
    async record(tx, outcome) {
      if (outcome.status === 'dispatched') await insertActionRun(tx, step, outcome);
    },
  };
}

async function runStep(
  actions: ActionRegistry,
  tx: TenantTx,
  { deliveryId }: RunOwner,
  delivery: RunDelivery,
  input: RunActionInput,
): Promise<StepOutcome> {
  const action = actions.get(input.action);
  if (action === undefined) {
    return fail('handler_unknown', `No action is named ${input.action}.`);
  }
  const typed = typedFields(makeFields(action, fieldInputs(input.fields)));
  if (!typed.ok) return fail('VALIDATION_ERROR', typed.reason, typed.field);
  const body = parseRequestBody(delivery.body, {
    contentType: delivery.headers['content-type'],
    // The delivery has been dispatched: what its body is was decided then.
    isFormTaken: true,
  });
  const context = {
    tx,
    hookSlug: delivery.hookSlug,
    deliveryId,
    headers: delivery.headers,
    body: body.ok ? body.value : null,
    idempotencyKey: delivery.idempotencyKey,
  };
  return act(action, context, typed.fields);
}

function fail(code: ErrorCode, message: string, field?: string): FailedOutcome {
  return { status: 'failed', code, message, ...(field === undefined ? {} : { field }) };
}

/** The fields that a workflow gives, each a value of its own. */
function fieldInputs(fields: Readonly<Record<string, unknown>>): FieldInput[] {
  return Object.entries(fields).map(([name, value]) => ({ name, ok: true, value }));
}
