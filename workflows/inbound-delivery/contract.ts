/** Names and types that others may know of the inboundDelivery workflow. Public API: change with a version. */

export const inboundDeliveryName = 'inboundDelivery';

export interface InboundDeliveryInput {
  readonly tenantId: string;
  readonly deliveryId: string;
}

/** Search attributes of Tidegate's runs, inbound and outbound, registered by the bootstrap job. */
export const searchAttributes = {
  tenant: 'TidegateTenant',
  hook: 'TidegateHook',
  deliveryState: 'TidegateDeliveryState',
  action: 'TidegateAction',
  endpoint: 'TidegateEndpoint',
  eventType: 'TidegateEventType',
} as const;
