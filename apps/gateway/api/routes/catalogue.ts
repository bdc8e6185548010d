import { z } from 'zod';
import type { ActionDescription } from '../../../../shared/domain/action.ts';
import {
  listPublishedWorkflows,
  publishWorkflow,
  unpublishWorkflow,
} from '../../../../shared/db/queries/published-workflows.ts';
import type { TenantTx } from '../../../../shared/db/tenant.ts';
import { isBuiltInWorkflow } from '../../../../shared/domain/built-in-workflow.ts';
import { TidegateError } from '../../../../shared/errors/tidegate-error.ts';
import { presets } from '../../../../shared/presets/index.ts';
import type { Preset } from '../../../../shared/presets/preset.ts';
import {
  actionSchema,
  presetSchema,
  workflowSchema,
} from '../../../../shared/schemas/catalogue-api.ts';
import { dataOf } from '../../../../shared/schemas/common.ts';
import type { HookServices } from '../../hooks/services.ts';
import { audit } from '../audit.ts';
import { defineRoute, type ApiContext, type ApiRoute } from '../route.ts';
import { hooksPath } from './hooks.ts';

const tag = 'Catalogue';
const workflowParams = z.object({ workflowId: z.string().max(64) });
type WorkflowView = z.output<typeof workflowSchema>;

/** What a hook can be made of: actions (S-022), workflows (S-038) and sender presets. */
export function catalogueRoutes(services: HookServices): readonly ApiRoute[] {
  const workflowsOf = async (tx: TenantTx): Promise<WorkflowView[]> => {
    const published = await listPublishedWorkflows(tx);
    const since = new Map(published.map((each) => [each.workflowId, each.publishedAt]));
    return services.workflows.map((workflow) => ({
      ...workflow,
      inputSchema: { ...workflow.inputSchema },
      isPublished: since.has(workflow.id) || isBuiltInWorkflow(workflow.id),
      publishedAt: since.get(workflow.id)?.toISOString() ?? null,
    }));
  };
  const requireWorkflow = async (tx: TenantTx, id: string): Promise<WorkflowView> => {
    const workflow = (await workflowsOf(tx)).find((each) => each.id === id);
    if (workflow === undefined) throw new TidegateError('not_found');
    return workflow;
  };

  return [
    defineRoute({
      method: 'GET',
      path: `${hooksPath}/actions`,
      operationId: 'listActions',
      tag,
      summary: 'The actions a hook can run, with their fields',
      permission: 'inbound_webhook.read',
      status: 200,
      response: z.strictObject({ data: z.array(actionSchema) }),
      handle: () => Promise.resolve({ data: [...services.actions.values()].map(presentAction) }),
    }),
    defineRoute({
      method: 'GET',
      path: `${hooksPath}/verifiers`,
      operationId: 'listVerifiers',
      tag,
      summary: 'The senders that Tidegate knows, as presets of the verifier',
      permission: 'inbound_webhook.read',
      status: 200,
      response: z.strictObject({ data: z.array(presetSchema) }),
      handle: () => Promise.resolve({ data: presets.map(presentPreset) }),
    }),
    defineRoute({
      method: 'GET',
      path: `${hooksPath}/workflows`,
      operationId: 'listWorkflows',
      tag,
      summary:
        "Built-in workflows and the tenant's published ones; with `all=true` those it could publish as well",
      permission: 'inbound_webhook.read',
      query: z.object({ all: z.enum(['true', 'false']).default('false') }),
      status: 200,
      response: z.strictObject({ data: z.array(workflowSchema) }),
      async handle({ tx, query }) {
        const workflows = await workflowsOf(tx);
        return { data: workflows.filter((each) => each.isPublished || query.all === 'true') };
      },
    }),
    defineRoute({
      method: 'POST',
      path: `${hooksPath}/workflows/:workflowId/publish`,
      operationId: 'publishWorkflow',
      tag,
      summary: "Let the tenant's hooks select a workflow",
      permission: 'inbound_webhook.update',
      params: workflowParams,
      status: 200,
      response: dataOf(workflowSchema),
      async handle(context) {
        const { tx, caller, params } = context;
        const { id } = await requireWorkflow(tx, params.workflowId);
        await publishWorkflow(tx, id, caller.userId);
        await auditWorkflow(context, 'published', id);
        return { data: await requireWorkflow(tx, id) };
      },
    }),
    defineRoute({
      method: 'DELETE',
      path: `${hooksPath}/workflows/:workflowId/publish`,
      operationId: 'unpublishWorkflow',
      tag,
      summary: 'Take a workflow back: deliveries of hooks that select it fail from now on',
      permission: 'inbound_webhook.update',
      params: workflowParams,
      status: 204,
      async handle(context) {
        const { tx, params } = context;
        if (!(await unpublishWorkflow(tx, params.workflowId))) throw new TidegateError('not_found');
        await auditWorkflow(context, 'unpublished', params.workflowId);
      },
    }),
  ];
}

function auditWorkflow(
  context: Pick<ApiContext, 'tx' | 'caller'>,
  verb: string,
  workflowId: string,
): Promise<void> {
  return audit(context, {
    action: `workflow.${verb}`,
    resourceType: 'workflow',
    resourceId: null,
    details: { workflowId },
  });
}

/** An action without its handler. */
function presentAction(action: ActionDescription): z.output<typeof actionSchema> {
  const { name, entityType, displayName, description } = action;
  const targetFields = action.targetFields.map(({ enumValues, ...field }) => ({
    ...field,
    ...(enumValues === undefined ? {} : { enumValues: [...enumValues] }),
  }));
  return { name, entityType, displayName, description, targetFields };
}

function presentPreset(preset: Preset): z.output<typeof presetSchema> {
  const { id, name, sender, idempotency, eventType, retryNote, setup, notes, docsUrl } = preset;
  return {
    id,
    name,
    sender,
    verifier: preset.verifier as unknown as Record<string, unknown>,
    secretLabel: preset.secret.label,
    slots: preset.secret.slots.map(({ slot, label, generate = false }) => ({
      slot,
      label,
      isDrawn: generate,
    })),
    idempotency,
    eventType,
    hasHandshake: preset.handshake !== null,
    retryNote,
    setup: [...setup],
    notes: [...notes],
    ...(docsUrl === undefined ? {} : { docsUrl }),
  };
}
