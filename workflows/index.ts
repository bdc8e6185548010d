export { assistantReply } from './assistant-reply/workflow.ts';
export { bulkReplay } from './bulk-replay/workflow.ts';
export { claimLease } from './claim-lease/workflow.ts';
export { inboundDelivery } from './inbound-delivery/workflow.ts';
export { maintenance } from './maintenance/workflow.ts';
export { outboundDelivery } from './outbound-delivery/workflow.ts';
export { outboundLane } from './outbound-lane/workflow.ts';
export { secretRotation } from './secret-rotation/workflow.ts';
