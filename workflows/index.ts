export { inboundDelivery } from './inbound-delivery/workflow.ts';
