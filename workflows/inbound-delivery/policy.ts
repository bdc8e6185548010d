import type { DispatchOutcome } from '../../shared/domain/outcome.ts';

/** How a run ends, decided from the outcome of its dispatch. */
export type Ending =
  | { readonly kind: 'completed'; readonly action: string }
  | { readonly kind: 'failed'; readonly type: string; readonly message: string };

/**
 * A failed delivery ends its run as Failed with the code as the failure's type, so that an operator
 * finds it in the Temporal UI.
 */
export function endingOf(outcome: DispatchOutcome): Ending {
  if (outcome.status === 'dispatched') return { kind: 'completed', action: outcome.action };
  const at = outcome.field === undefined ? '' : `${outcome.field}: `;
  return { kind: 'failed', type: outcome.code, message: at + outcome.message };
}
