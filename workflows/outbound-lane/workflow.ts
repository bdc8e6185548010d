import { continueAsNew, proxyActivities } from '@temporalio/workflow';
import type { LaneActivities } from '../../activities/lane/contract.ts';
import type { OutboundLaneInput } from './contract.ts';

const { drainDue } = proxyActivities<LaneActivities>({
  // The last attempts of a call may take their whole time.
  startToCloseTimeout: '150s',
  heartbeatTimeout: '10s',
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '30s' },
});

/**
 * Works off a backlog of due deliveries and ends when it is gone. Opened by a sweeper that finds more
 * than it can start; opened twice, the second finds the first.
 */
export async function outboundLane(input: OutboundLaneInput): Promise<number> {
  let taken = 0;
  for (let calls = 0; calls < input.callsMax; calls += 1) {
    const progress = await drainDue(input.drain);
    taken += progress.taken;
    if (progress.isDone) return taken;
  }
  return continueAsNew<typeof outboundLane>(input);
}
