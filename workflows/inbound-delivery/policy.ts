import type { DispatchedOutcome, DispatchOutcome } from '../../shared/domain/outcome.ts';

/** How a run ends, decided from the outcome of its dispatch. */
export type Ending =
  | { readonly kind: 'completed'; readonly action: string }
  | { readonly kind: 'failed'; readonly type: string; readonly message: string };

/**
 * A failed delivery ends its run as Failed with the code as the failure's type, so that an operator
 * finds it in the Temporal UI.
 */
export function endingOf(outcome: DispatchOutcome): Ending {
  if (outcome.status === 'dispatched') return { kind: 'completed', action: handlerOf(outcome) };
  const at = outcome.field === undefined ? '' : `${outcome.field}: `;
  return { kind: 'failed', type: outcome.code, message: at + outcome.message };
}

/** What ran, as the search attribute tells it: the name of an action, or `workflow:` and its id. */
function handlerOf(outcome: DispatchedOutcome): string {
  if ('source' in outcome) return `workflow:${outcome.source}`;
  return 'workflow' in outcome ? `workflow:${outcome.workflow}` : outcome.action;
}
