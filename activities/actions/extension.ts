/** What extension actions import as `tidegate/action`. Runs in the worker's process. */
export { defineAction, type ActionSpec, type FieldsOf } from './define-action.ts';
export {
  refuseValue,
  type ActionContext,
  type ActionRefusal,
  type ActionSuccess,
} from './contract.ts';
export { createTicket } from './create-ticket.ts';
