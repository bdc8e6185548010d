export { inboundDelivery } from './inbound-delivery/workflow.ts';
export { maintenance } from './maintenance/workflow.ts';
