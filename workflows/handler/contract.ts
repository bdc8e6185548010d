/** Types that others may know of handler workflows. Public API: change with a version. */
import type { z } from 'zod';
import type { HandlerEnvelope } from '../../shared/domain/handler-workflow.ts';
import type { WorkflowManifest } from '../../shared/schemas/handler-workflow.ts';

/** Marks a definition across copies of this module. */
export const workflowKind = 'tidegate.workflow';

/** A handler workflow, ready to be registered. */
export interface WorkflowDefinition<Schema extends z.ZodType = z.ZodType> extends WorkflowManifest {
  readonly kind: typeof workflowKind;
  /** Takes the body of a request, or refuses it. */
  readonly input: Schema;
  /** What Temporal runs. */
  readonly run: (envelope: HandlerEnvelope) => Promise<unknown>;
}
