import type { ActionDescription } from '../../shared/domain/action.ts';
import { actionFaults } from './action-faults.ts';
import { addTagToEntityByExternalId } from './add-tag.ts';
import { addTicketCommentByExternalId } from './add-ticket-comment.ts';
import { changeTicketStatusByExternalId } from './change-ticket-status.ts';
import type { Action, ActionRegistry } from './contract.ts';
import { createProjectTask } from './create-project-task.ts';
import { createTicket } from './create-ticket.ts';
import { createTimeEntry } from './create-time-entry.ts';
import { markInvoicePaidByExternalId } from './mark-invoice-paid.ts';
import { setClientActiveByExternalId } from './set-client-active.ts';
import { updateInvoiceStatusByExternalId } from './update-invoice-status.ts';
import { updateProjectTaskStatusByExternalId } from './update-project-task-status.ts';
import { updateTicketByExternalId } from './update-ticket.ts';
import { upsertAssetByExternalId } from './upsert-asset.ts';
import { upsertClientByExternalId } from './upsert-client.ts';
import { upsertContactByExternalId } from './upsert-contact.ts';

const builtIn: readonly Action[] = [
  addTagToEntityByExternalId,
  addTicketCommentByExternalId,
  changeTicketStatusByExternalId,
  createProjectTask,
  createTicket,
  createTimeEntry,
  markInvoicePaidByExternalId,
  setClientActiveByExternalId,
  updateInvoiceStatusByExternalId,
  updateProjectTaskStatusByExternalId,
  updateTicketByExternalId,
  upsertAssetByExternalId,
  upsertClientByExternalId,
  upsertContactByExternalId,
];

/**
 * Builds the catalogue from the built-in actions and those of extensions, by entity type, then name
 * (S-022). Throws on a name twice and on a description that does not hold together (S-021).
 */
export function makeActionRegistry(extensions: readonly Action[] = []): ActionRegistry {
  const registry = new Map<string, Action>();
  for (const action of [...builtIn, ...extensions].toSorted(byTypeAndName)) {
    if (registry.has(action.name)) {
      throw new Error(`two actions are named ${action.name}: rename the one of the extension`);
    }
    const faults = actionFaults(action);
    if (faults.length > 0) throw new Error(`action ${action.name}: ${faults.join('; ')}`);
    registry.set(action.name, action);
  }
  return registry;
}

/** By code unit: the order must not depend on the locale of the machine. */
function byTypeAndName(a: Action, b: Action): number {
  return compare(a.entityType, b.entityType) || compare(a.name, b.name);
}

const compare = (a: string, b: string): number => (a < b ? -1 : Number(a > b));

/** What the catalogue shows: the actions in its order, without their handlers. */
export function listActions(registry: ActionRegistry): Required<ActionDescription>[] {
  return [...registry.values()].map((action) => ({
    name: action.name,
    entityType: action.entityType,
    displayName: action.displayName,
    description: action.description,
    targetFields: action.targetFields,
    behavior: action.behavior ?? [],
    metadata: action.metadata ?? {},
    events: action.events ?? [],
  }));
}
