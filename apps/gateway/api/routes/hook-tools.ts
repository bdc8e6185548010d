import { z } from 'zod';
import { findSample } from '../../../../shared/db/queries/hook-samples.ts';
import { parseRequestBody } from '../../../../shared/domain/request-body.ts';
import { isAdministrator } from '../../../../shared/domain/permissions.ts';
import { samplePaths, type SampleTree } from '../../../../shared/domain/sample-paths.ts';
import { invalid, TidegateError } from '../../../../shared/errors/tidegate-error.ts';
import { previewMapping } from '../../../../shared/evaluator/preview.ts';
import { dataOf } from '../../../../shared/schemas/common.ts';
import type { DirectActionConfig } from '../../../../shared/schemas/hook.ts';
import {
  previewRequestSchema,
  previewSchema,
  sampleTreeSchema,
  verificationSchema,
  verifyRequestSchema,
  type SampleTreeView,
} from '../../../../shared/schemas/hook-tools-api.ts';
import type { Hook } from '../../../../shared/db/queries/hooks.ts';
import { bodyKind } from '../../hooks/body-kind.ts';
import { previewContexts } from '../../hooks/preview-contexts.ts';
import type { HookServices } from '../../hooks/services.ts';
import { verifyAgain } from '../../hooks/verify-again.ts';
import { defineRoute, type ApiRoute } from '../route.ts';
import { deliveryParams, requireDelivery } from './deliveries.ts';
import { hookParams, hooksPath, requireHook } from './hooks.ts';

const tag = 'Hooks';

/** Tools for whoever sets a hook up: they look, and change nothing. */
export function hookToolRoutes(services: HookServices): readonly ApiRoute[] {
  return [
    defineRoute({
      method: 'POST',
      path: `${hooksPath}/:id/preview`,
      operationId: 'previewMapping',
      tag,
      summary: "Each field's value or error, for samples or stored deliveries, without any effect",
      permission: 'inbound_webhook.update',
      params: hookParams,
      body: previewRequestSchema,
      bodyLimitBytes: services.bodyLimitBytes,
      status: 200,
      response: z.strictObject({ data: z.array(previewSchema) }),
      async handle(context) {
        const { tx, caller, body } = context;
        const hook = await requireHook(context, context.params.id);
        const { action: name, mapping } = body.handlerConfig ?? savedMapping(hook);
        const action = services.actions.get(name);
        if (action === undefined)
          throw invalid('/handlerConfig/action', 'There is no such action.');
        const named = await previewContexts(tx, caller, hook, body);
        const previews = await previewMapping(services.evaluator, {
          tenantId: tx.tenantId,
          level: body.languageLevel ?? hook.languageLevel,
          action,
          mapping,
          contexts: named.map(({ context: each }) => each),
        });
        const data = previews.map(({ fields, missing, wouldDispatch }, index) => ({
          of: named[index]?.of ?? '',
          wouldDispatch,
          fields: [...fields],
          missing: [...missing],
        }));
        return { data };
      },
    }),
    defineRoute({
      method: 'GET',
      path: `${hooksPath}/:id/sample-paths`,
      operationId: 'listSamplePaths',
      tag,
      summary: 'The paths of the captured sample, to choose from when mapping; for administrators',
      permission: 'inbound_webhook.read',
      params: hookParams,
      status: 200,
      response: dataOf(sampleTreeSchema.nullable()),
      async handle(context) {
        const { tx, caller } = context;
        const hook = await requireHook(context, context.params.id);
        if (!isAdministrator(caller.role)) {
          throw new TidegateError('permission_missing', 'Only administrators see samples.');
        }
        const sample = await findSample(tx, hook.id);
        const body = sample && parseRequestBody(sample.body, bodyKind(hook, sample.headers));
        return { data: body?.ok ? presentTree(samplePaths(body.value)) : null };
      },
    }),
    defineRoute({
      method: 'POST',
      path: `${hooksPath}/:id/deliveries/:deliveryId/verify`,
      operationId: 'verifyDelivery',
      tag,
      summary: 'Verify the stored bytes again, with the current or a candidate configuration',
      description:
        'Judges the request as at the moment it came in. Credentials are never stored, so tokens in headers or addresses cannot be judged again; the notes say so.',
      permission: 'inbound_webhook.update',
      params: deliveryParams,
      body: verifyRequestSchema,
      status: 200,
      response: dataOf(verificationSchema),
      errors: ['delivery_not_replayable'],
      async handle(context) {
        const hook = await requireHook(context, context.params.id);
        const delivery = await requireDelivery(context, hook.id);
        return { data: await verifyAgain(services, context.tx, hook, delivery, context.body) };
      },
    }),
  ];
}

/** The same tree; the schema's lists are of the kind that may be changed. */
const presentTree = (tree: SampleTree): SampleTreeView => structuredClone(tree) as SampleTreeView;

function savedMapping(hook: Hook): DirectActionConfig {
  if (hook.handler.handlerType === 'direct_action') return hook.handler.handlerConfig;
  throw invalid('/handlerConfig', 'The hook starts a workflow: give a mapping to try.');
}
