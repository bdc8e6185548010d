import type { DispatchOutcome } from '../../../shared/domain/outcome.ts';

/** Hands outcomes of this process's own worker to the requests that wait for them. */
export interface OutcomeHub {
  /** Begins to listen. `forget` must be called once the wait is over, however it ended. */
  expect(deliveryId: string): { readonly outcome: Promise<DispatchOutcome>; forget(): void };
  publish(deliveryId: string, outcome: DispatchOutcome): void;
}

/**
 * Saves a call to the Temporal server per request: the worker that finishes a delivery usually runs
 * in the process that accepted it.
 */
export function makeOutcomeHub(): OutcomeHub {
  const listeners = new Map<string, (outcome: DispatchOutcome) => void>();
  return {
    expect(deliveryId) {
      const { promise, resolve } = Promise.withResolvers<DispatchOutcome>();
      listeners.set(deliveryId, resolve);
      return { outcome: promise, forget: () => void listeners.delete(deliveryId) };
    },
    publish(deliveryId, outcome) {
      listeners.get(deliveryId)?.(outcome);
    },
  };
}
