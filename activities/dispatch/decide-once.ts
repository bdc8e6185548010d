import { claimHandlerRun } from '../../shared/db/queries/handler-runs.ts';
import { deliveryLedger, lockForEffect } from '../../shared/db/queries/inbound-deliveries.ts';
import type { TenantTx } from '../../shared/db/tenant.ts';
import type { HandlerRun } from '../../shared/domain/handler-workflow.ts';
import type { DeliveryId } from '../../shared/domain/ids.ts';
import type { DispatchOutcome } from '../../shared/domain/outcome.ts';

/** What becomes of a delivery: an outcome, whose effect is in its transaction, or a run to start. */
export type Decision = DispatchOutcome | HandlerRun;

/**
 * Decides under the delivery's lock what becomes of it, once, and keeps that on its row. Whoever comes
 * later gets the first decision, also when the hook's handler was changed in between: a delivery has
 * the effect of an action or a run of a workflow, never both, and a refusal does not undo a run that
 * may be started already.
 */
export async function decideOnce(
  tx: TenantTx,
  id: DeliveryId,
  decide: (tx: TenantTx) => Promise<Decision>,
): Promise<Decision> {
  const { outcome, run } = await lockForEffect(tx, id);
  if (outcome !== null) return outcome;
  if (run !== undefined) return run;
  const decision = await decide(tx);
  if (!isOutcome(decision)) return claimHandlerRun(tx, id, decision);
  await deliveryLedger(id).record(tx, decision);
  return decision;
}

/** Tells an outcome from a run to start. */
export function isOutcome(decision: Decision): decision is DispatchOutcome {
  return 'status' in decision;
}
