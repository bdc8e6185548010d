import { claimHandlerRun } from '../../shared/db/queries/handler-runs.ts';
import {
  deliveryLedger,
  isDecided,
  lockForEffect,
  lockUndecided,
} from '../../shared/db/queries/inbound-deliveries.ts';
import type { TenantTx, WithTenant } from '../../shared/db/tenant.ts';
import type { HandlerRun } from '../../shared/domain/handler-workflow.ts';
import type { DeliveryId, TenantId } from '../../shared/domain/ids.ts';
import type { DispatchOutcome } from '../../shared/domain/outcome.ts';

/** What becomes of a delivery: an outcome, whose effect is in its transaction, or a run to start. */
export type Decision = DispatchOutcome | HandlerRun;

/** A delivery of a tenant that something is to be decided of. */
export interface Undecided {
  readonly tenantId: TenantId;
  readonly id: DeliveryId;
}

/**
 * Decides under the delivery's lock what becomes of it, once, and keeps that on its row. Whoever comes
 * later gets the first decision, also when the hook's handler was changed in between: a delivery has
 * the effect of an action or a run of a workflow, never both, and a refusal does not undo a run that
 * may be started already. `decide` begins before the lock is known to be free: what it does in its
 * transaction is undone when the delivery was decided, and it must do nothing else.
 */
export async function decideOnce(
  withTenant: WithTenant,
  { tenantId, id }: Undecided,
  decide: (tx: TenantTx) => Promise<Decision>,
): Promise<Decision> {
  try {
    return await withTenant(tenantId, async (tx) => {
      lockUndecided(tx, id);
      const decision = await decide(tx);
      if (!isOutcome(decision)) return claimHandlerRun(tx, id, decision);
      await deliveryLedger(id).record(tx, decision);
      return decision;
    });
  } catch (error) {
    if (!isDecided(error)) throw error;
    const { outcome, run } = await withTenant(tenantId, (tx) => lockForEffect(tx, id));
    const decision = outcome ?? run;
    if (decision === undefined) throw error;
    return decision;
  }
}

/** Tells an outcome from a run to start. */
export function isOutcome(decision: Decision): decision is DispatchOutcome {
  return 'status' in decision;
}
