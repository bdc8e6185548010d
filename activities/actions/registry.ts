import type { Action, ActionRegistry } from './contract.ts';
import { createTicket } from './create-ticket.ts';

const builtIn: readonly Action[] = [createTicket];

/** Builds the catalogue from the built-in actions and those of extensions; throws on a name twice (S-021). */
export function makeActionRegistry(extensions: readonly Action[] = []): ActionRegistry {
  const registry = new Map<string, Action>();
  for (const action of [...builtIn, ...extensions]) {
    if (registry.has(action.name)) {
      throw new Error(`two actions are named ${action.name}: rename the one of the extension`);
    }
    registry.set(action.name, action);
  }
  return registry;
}
