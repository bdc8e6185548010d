/** What extension workflows import as `tidegate/workflow`. Runs in the workflow sandbox. */
export { defineWorkflow, type WorkflowSpec } from './define-workflow.ts';
export { runAction } from './run-action.ts';
export type { WorkflowDefinition } from './contract.ts';
export type { RunActionInput } from '../../activities/handler/contract.ts';
export type { HandlerEnvelope } from '../../shared/domain/handler-workflow.ts';
export type { ActionOutcome } from '../../shared/domain/outcome.ts';
