import { z } from 'zod';
import type { WorkflowDescription } from '../../shared/domain/handler-workflow.ts';
import {
  workflowManifestSchema,
  type WorkflowManifest,
} from '../../shared/schemas/handler-workflow.ts';

export type BodyCheck =
  | { readonly ok: true }
  /** `field` is the path of the value at fault, empty for the body itself. */
  | { readonly ok: false; readonly field: string; readonly reason: string };

/** A workflow that this installation can run. */
export interface RegisteredWorkflow {
  readonly description: WorkflowDescription;
  /** Whether the workflow's own schema takes a body. */
  checkBody(body: unknown): BodyCheck;
}

/** The workflows that a worker of this installation has code for. */
export interface WorkflowRegistry {
  find(id: string): RegisteredWorkflow | undefined;
  /** What pickers and documents show, by id. */
  listWorkflows(): WorkflowDescription[];
}

/** A manifest with the schema of its body. */
export interface WorkflowRegistration extends WorkflowManifest {
  readonly input: z.ZodType;
}

/** Builds the registry; throws on an id twice, and on a schema that JSON Schema cannot express. */
export function makeWorkflowRegistry(
  registrations: readonly WorkflowRegistration[],
): WorkflowRegistry {
  const registry = new Map<string, RegisteredWorkflow>();
  for (const registration of registrations) {
    if (registry.has(registration.id)) {
      throw new Error(`two workflows have the id ${registration.id}: rename one of them`);
    }
    registry.set(registration.id, registerWorkflow(registration));
  }
  return {
    find: (id) => registry.get(id),
    listWorkflows: () =>
      [...registry.values()]
        .map(({ description }) => description)
        .toSorted((a, b) => (a.id < b.id ? -1 : 1)),
  };
}

function registerWorkflow(registration: WorkflowRegistration): RegisteredWorkflow {
  const { input } = registration;
  const manifest = workflowManifestSchema.parse(registration);
  return {
    description: { ...manifest, inputSchema: z.toJSONSchema(input, { io: 'input' }) },
    checkBody(body) {
      const parsed = input.safeParse(body);
      if (parsed.success) return { ok: true };
      const [issue] = parsed.error.issues;
      return {
        ok: false,
        field: issue?.path.map(String).join('.') ?? '',
        reason: issue?.message ?? 'The schema of the workflow refuses the body.',
      };
    },
  };
}
