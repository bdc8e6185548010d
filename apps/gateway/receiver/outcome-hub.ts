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
  type Listener = (outcome: DispatchOutcome) => void;
  const listeners = new Map<string, Set<Listener>>();
  return {
    expect(deliveryId) {
      const { promise, resolve } = Promise.withResolvers<DispatchOutcome>();
      const others = listeners.get(deliveryId) ?? new Set<Listener>();
      listeners.set(deliveryId, others.add(resolve));
      return {
        outcome: promise,
        forget() {
          others.delete(resolve);
          if (others.size === 0) listeners.delete(deliveryId);
        },
      };
    },
    publish(deliveryId, outcome) {
      for (const listener of listeners.get(deliveryId) ?? []) listener(outcome);
    },
  };
}
