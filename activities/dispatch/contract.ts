import type { DispatchOutcome } from '../../shared/domain/outcome.ts';

export interface DispatchInput {
  readonly tenantId: string;
  readonly deliveryId: string;
}

/** Complete in itself: claims, acts and records by the row, whoever calls it and however often. */
export interface DispatchActivities {
  /**
   * Runs the handler of an accepted delivery and records its outcome, in one transaction. A delivery
   * that has an outcome keeps it: the stored one is returned.
   */
  dispatchDelivery(input: DispatchInput): Promise<DispatchOutcome>;
}
