/** Words of outbound delivery that database, workflow, API and command line share. */

export const outboundStatuses = [
  'pending',
  'retrying',
  'held',
  'delivered',
  'failed',
  'canceled',
] as const;
export type OutboundStatus = (typeof outboundStatuses)[number];

export type SettledStatus = Extract<OutboundStatus, 'delivered' | 'failed' | 'canceled'>;

/** True once nothing more will happen to a delivery. */
export function isSettled(status: OutboundStatus): status is SettledStatus {
  return status === 'delivered' || status === 'failed' || status === 'canceled';
}

export const holdReasons = ['endpoint_paused', 'endpoint_disabled', 'delivery_paused'] as const;
export type HoldReason = (typeof holdReasons)[number];

export const endpointStatuses = ['active', 'paused', 'disabled'] as const;
export type EndpointStatus = (typeof endpointStatuses)[number];

export const deliveryOrigins = ['event', 'test', 'replay', 'redelivery'] as const;
export type DeliveryOrigin = (typeof deliveryOrigins)[number];

/** What an owner can do with an open delivery. */
export const deliveryCommands = ['retryNow', 'pause', 'resume', 'cancel'] as const;
export type DeliveryCommand = (typeof deliveryCommands)[number];
