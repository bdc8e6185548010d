import type { ActionDescription } from '../../shared/domain/action.ts';
import type { ActionOutcome, FailedOutcome } from '../../shared/domain/outcome.ts';
import type { DeliveryId } from '../../shared/domain/ids.ts';
import type { TenantTx } from '../../shared/db/tenant.ts';

/** What a handler works with. Its `tx` commits together with the delivery's outcome. */
export interface ActionContext {
  readonly tx: TenantTx;
  readonly hookSlug: string;
  readonly deliveryId: DeliveryId;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
  readonly idempotencyKey: string | null;
}

/** An effect that was made, without the parts that the dispatch adds. */
export type ActionSuccess = Omit<ActionOutcome, 'status' | 'action' | 'entityType'>;
/** An effect that was refused. What the handler wrote before is rolled back. */
export type ActionRefusal = FailedOutcome;

export interface Action extends ActionDescription {
  /**
   * Makes the effect. Returns a refusal for what the sender or the mapping got wrong; throws for
   * faults that a later try may not meet.
   */
  handle(
    context: ActionContext,
    fields: Readonly<Record<string, unknown>>,
  ): Promise<ActionSuccess | ActionRefusal>;
}

/** The actions by name. */
export type ActionRegistry = ReadonlyMap<string, Action>;

/** A refusal of a value, naming its field (S-034). */
export function refuseValue(field: string, message: string): ActionRefusal {
  return { status: 'failed', code: 'VALIDATION_ERROR', field, message };
}

/** Tells a refusal from an id, or from anything else that a step of a handler yields. */
export function isRefusal(result: unknown): result is ActionRefusal {
  return typeof result === 'object' && result !== null && 'code' in result && 'status' in result;
}
