import { ApplicationFailure } from '@temporalio/workflow';
import { z } from 'zod';
import type { HandlerEnvelope } from '../../shared/domain/handler-workflow.ts';
import type { WorkflowManifest } from '../../shared/schemas/handler-workflow.ts';
import { workflowKind, type WorkflowDefinition } from './contract.ts';

export interface WorkflowSpec<Schema extends z.ZodType, Result> extends WorkflowManifest {
  /**
   * Schema of the body. A delivery whose body it refuses fails before anything is started. Must be
   * expressible as JSON Schema, and may have defaults.
   */
  readonly input: Schema;
  /** The workflow: ordinary Temporal code, which replays. Its body is what the schema made of the sent one. */
  readonly run: (envelope: HandlerEnvelope<z.output<Schema>>) => Promise<Result>;
}

/**
 * Defines a handler workflow. A file of an extension folder's `workflows/` exports one such
 * definition; the file is loaded twice, for its manifest by the gateway and for its code by the
 * worker's sandbox, so nothing may happen at its import.
 */
export function defineWorkflow<Schema extends z.ZodType, Result>(
  spec: WorkflowSpec<Schema, Result>,
): WorkflowDefinition<Schema> {
  return {
    ...spec,
    kind: workflowKind,
    async run(envelope) {
      const body = spec.input.safeParse(envelope.body);
      // Checked before the start already; a run gets here only when its schema was tightened since.
      if (!body.success) {
        throw ApplicationFailure.nonRetryable(
          z.prettifyError(body.error),
          'workflow_input_refused',
        );
      }
      return spec.run({ ...envelope, body: body.data });
    },
  };
}
