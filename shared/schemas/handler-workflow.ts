import { z } from 'zod';

/** Id of a handler workflow: stands in workflow ids, search attributes and the settings of hooks. */
export const handlerIdSchema = z
  .string()
  .regex(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/, 'must be lower-case words joined by hyphens')
  .max(64);

/** What a workflow says of itself, as `defineWorkflow` takes it. */
export const workflowManifestSchema = z.object({
  id: handlerIdSchema,
  version: z.int().min(1),
  title: z.string().min(1).max(255),
  description: z.string().max(2_000).default(''),
});
export type WorkflowManifest = z.input<typeof workflowManifestSchema>;
