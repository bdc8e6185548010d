import type { DeliveryCommand, SettledStatus } from '../../shared/domain/outbound.ts';
import type { RetrySchedule } from '../../shared/domain/retry.ts';

export interface AttemptInput {
  readonly tenantId: string;
  readonly deliveryId: string;
  /** What follows a failed attempt; agreed when the delivery was made. */
  readonly retry: RetrySchedule;
  /**
   * `fast` runs inside the workflow task, which costs the engine half; it turns endpoints away that
   * have lately failed or been slow. `patient` takes all. `burst` is as fast, and made without a run of
   * the delivery's own: whatever follows is left to the sweeper. It turns slow endpoints away only.
   */
  readonly lane: 'fast' | 'patient' | 'burst';
}

/** Why a delivery waits. */
export type WaitReason =
  /** The attempt failed; the next one is due after the wait. */
  | 'retry'
  /** Its endpoint, or the delivery itself, is paused or disabled. */
  | 'held'
  /** The endpoint has been sent as many as it takes in a minute. */
  | 'rate'
  /** As many of the endpoint's deliveries as may be are under way. */
  | 'place'
  /** The same of an endpoint that has lately failed or been slow: others of it would ask in vain, too. */
  | 'trouble'
  /** An attempt of this delivery may still be under way in another worker. */
  | 'lease';

export type AttemptResult =
  | {
      readonly kind: 'settled';
      readonly status: SettledStatus;
      /** Why it failed. */
      readonly code: string | null;
      readonly message: string | null;
    }
  | { readonly kind: 'wait'; readonly reason: WaitReason; readonly waitMs: number }
  /** Not tried: this lane is not for its endpoint at present. `isDown`: nothing has arrived there lately. */
  | { readonly kind: 'turned_away'; readonly isDown: boolean };

export interface CommandInput {
  readonly tenantId: string;
  readonly deliveryId: string;
  readonly command: DeliveryCommand;
}

/** Complete in itself: each call claims, acts and records by the row, whoever calls it and however often. */
export interface DeliveryActivities {
  /** Makes the next attempt of a delivery if there is to be one now, and says what follows. */
  attemptDelivery(input: AttemptInput): Promise<AttemptResult>;
  /** Does what an owner asked for through the workflow. A settled delivery stays as it is. */
  commandDelivery(input: CommandInput): Promise<void>;
}
