import type { DrainInput } from '../../activities/lane/contract.ts';

/** Names and types that others may know of the outboundLane workflow. Public API: change with a version. */

export const outboundLaneName = 'outboundLane';

export interface OutboundLaneInput {
  readonly drain: DrainInput;
  /** Calls in one run; a backlog that needs more goes on in a new run. */
  readonly callsMax: number;
}

/** The id of the lane of an installation: there is one. */
export const outboundLaneId = (taskQueue: string): string => `${taskQueue}-lane`;

/**
 * Most attempts only wait for their receiver: what keeps the cores busy is bounded elsewhere. A call ends
 * before anybody wonders whether it lives.
 */
export const outboundLaneInput: OutboundLaneInput = {
  drain: { rowsMax: 256, concurrencyMax: 256, timeMaxMs: 20_000 },
  callsMax: 200,
};
