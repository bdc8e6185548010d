import type { RetrySchedule } from '../../shared/domain/retry.ts';

/** Names and types that others may know of the outboundDelivery workflow. Public API: change with a version. */

export const outboundDeliveryName = 'outboundDelivery';

export interface OutboundDeliveryInput {
  readonly tenantId: string;
  readonly deliveryId: string;
  /** Agreed when the delivery was made; later changes of the endpoint do not touch it. */
  readonly retry: RetrySchedule;
}

/** The id of the run of a delivery, from its wire id. */
export const outboundWorkflowId = (wireId: string): string => `out/${wireId}`;

/** Sent when the delivery's turn has come, or its owner or endpoint has changed something. */
export const wakeSignalName = 'wake';

/** Updates that an operator can send from the Temporal UI; the API does the same through the row. */
export const commandUpdateNames = ['retryNow', 'pause', 'resume', 'cancel'] as const;
