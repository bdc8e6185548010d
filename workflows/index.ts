export { inboundDelivery } from './inbound-delivery/workflow.ts';
export { maintenance } from './maintenance/workflow.ts';
export { outboundDelivery } from './outbound-delivery/workflow.ts';
