/** Words of replays in bulk that database, workflow and API share. */

export const replayStates = ['running', 'paused', 'completed', 'canceled'] as const;
export type ReplayState = (typeof replayStates)[number];

/** What is sent again: deliveries that ended so, or what matches an endpoint that never got it. */
export const replayStatuses = ['failed', 'delivered', 'canceled', 'missing'] as const;
export type ReplayStatus = (typeof replayStatuses)[number];

/**
 * What a job replays. A delivery is taken when it was made within [from, to), passes the lists, and
 * ended with the status; with `missing`, an event that happened within [from, to) is taken for each
 * endpoint whose filter lets it through today and that never had a delivery of it.
 */
export interface ReplayFilter {
  readonly status: ReplayStatus;
  /** ISO 8601. Inclusive, and exclusive. */
  readonly from: string;
  readonly to: string;
  /** UUIDs; null for all endpoints. */
  readonly endpointIds: readonly string[] | null;
  /** Names of types; null for all. */
  readonly eventTypes: readonly string[] | null;
  /** UUIDs; null for all within the range. Not with `missing`. */
  readonly deliveryIds: readonly string[] | null;
}

export type ReplayCommand = 'pause' | 'resume' | 'cancel';

/** What the audit log calls each command. */
export const replayVerbs: Readonly<Record<ReplayCommand, string>> = {
  pause: 'paused',
  resume: 'resumed',
  cancel: 'canceled',
};
