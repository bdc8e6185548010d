import { z } from 'zod';
import { findSample, armCapture, clearSample } from '../../../../shared/db/queries/hook-samples.ts';
import { deleteHook, findHook, listHooks, type Hook } from '../../../../shared/db/queries/hooks.ts';
import { decodeCursor, pageOf } from '../../../../shared/domain/cursor.ts';
import { fromWireId, parseHookId, type HookId } from '../../../../shared/domain/ids.ts';
import { isAdministrator } from '../../../../shared/domain/permissions.ts';
import { invalid, TidegateError } from '../../../../shared/errors/tidegate-error.ts';
import { cursorSchema, dataOf, limitSchema, listOf } from '../../../../shared/schemas/common.ts';
import {
  hookChangeSchema,
  hookSchema,
  hookWithSecretSchema,
  newHookSchema,
  rotateSecretSchema,
  type HookView,
} from '../../../../shared/schemas/hook-api.ts';
import { slotsOf } from '../../../../shared/presets/hook-auth.ts';
import { secretsBySlot, setSecrets } from '../../hooks/hook-keys.ts';
import { presentHook } from '../../hooks/present-hook.ts';
import { changeHook, createHook, requireAuth } from '../../hooks/save-hook.ts';
import type { HookServices } from '../../hooks/services.ts';
import { audit } from '../audit.ts';
import { defineRoute, type ApiContext, type ApiRoute } from '../route.ts';

const tag = 'Hooks';
export const hooksPath = '/api/v1/inbound-webhooks';
export const hookParams = z.object({ id: z.string().max(64) });
/** How long a hook waits for the request that becomes its sample. */
const captureWindowSeconds = 300;

/** Management of hooks (S-007). Every change is in the audit log with who made it (S-123). */
export function hookRoutes(services: HookServices): readonly ApiRoute[] {
  const present = async (context: Context, hook: Hook): Promise<HookView> => {
    const { tx, caller } = context;
    const sample = isAdministrator(caller.role) ? await findSample(tx, hook.id) : undefined;
    return presentHook(services, caller.tenantSlug, hook, sample);
  };
  const reread = async (context: Context, id: HookId): Promise<HookView> => {
    const hook = await findHook(context.tx, id);
    if (hook === undefined) throw new TidegateError('not_found');
    return present(context, hook);
  };

  const update = (method: 'PATCH' | 'PUT'): ApiRoute =>
    defineRoute({
      method,
      path: `${hooksPath}/:id`,
      operationId: method === 'PATCH' ? 'updateHook' : 'putHook',
      tag,
      summary: 'Change a hook: only the members that the request names',
      permission: 'inbound_webhook.update',
      params: hookParams,
      body: hookChangeSchema,
      status: 200,
      response: hookWithSecretSchema,
      errors: ['slug_taken'],
      async handle(context) {
        const hook = await requireHook(context, context.params.id, 'for update');
        const { shown } = await changeHook(services, context.tx, hook, context.body);
        await auditHook(context, 'updated', hook.id, { changed: Object.keys(context.body) });
        return withSecrets(await reread(context, hook.id), shown);
      },
    });

  return [
    defineRoute({
      method: 'GET',
      path: hooksPath,
      operationId: 'listHooks',
      tag,
      summary: 'The hooks of the tenant, newest first',
      permission: 'inbound_webhook.read',
      query: z.object({ limit: limitSchema(20), cursor: cursorSchema }),
      status: 200,
      response: listOf(hookSchema),
      errors: ['cursor_invalid'],
      async handle({ tx, caller, query: { limit, cursor } }) {
        const after = cursor === undefined ? undefined : decodeCursor(cursor);
        const { rows, ...page } = pageOf(await listHooks(tx, { after, limit }), limit);
        return {
          data: rows.map((hook) => presentHook(services, caller.tenantSlug, hook)),
          ...page,
        };
      },
    }),
    defineRoute({
      method: 'POST',
      path: hooksPath,
      operationId: 'createHook',
      tag,
      summary: 'Make a hook; its secret is shown once',
      permission: 'inbound_webhook.create',
      body: newHookSchema,
      status: 201,
      response: hookWithSecretSchema,
      errors: ['slug_taken'],
      async handle(context) {
        const { tx, caller, body } = context;
        const { id, shown } = await createHook(services, tx, body, caller.userId);
        await auditHook(context, 'created', id, { authType: body.authType });
        return withSecrets(await reread(context, id), shown);
      },
    }),
    defineRoute({
      method: 'GET',
      path: `${hooksPath}/:id`,
      operationId: 'readHook',
      tag,
      summary: 'One hook, for administrators with its captured sample',
      permission: 'inbound_webhook.read',
      params: hookParams,
      status: 200,
      response: dataOf(hookSchema),
      async handle(context) {
        return { data: await present(context, await requireHook(context, context.params.id)) };
      },
    }),
    update('PATCH'),
    update('PUT'),
    defineRoute({
      method: 'DELETE',
      path: `${hooksPath}/:id`,
      operationId: 'deleteHook',
      tag,
      summary: 'Delete a hook with its secrets; its deliveries stay',
      permission: 'inbound_webhook.delete',
      params: hookParams,
      status: 204,
      async handle(context) {
        const hook = await requireHook(context, context.params.id, 'for update');
        await deleteHook(context.tx, hook.id);
        await auditHook(context, 'deleted', hook.id, { slug: hook.slug });
      },
    }),
    defineRoute({
      method: 'POST',
      path: `${hooksPath}/:id/rotate-secret`,
      operationId: 'rotateHookSecret',
      tag,
      summary: 'Replace the secret; the new one is shown once',
      permission: 'inbound_webhook.update',
      params: hookParams,
      body: rotateSecretSchema,
      status: 200,
      response: hookWithSecretSchema,
      errors: ['nothing_to_rotate'],
      async handle(context) {
        const { tx, body } = context;
        const hook = await requireHook(context, context.params.id, 'for update');
        const auth = requireAuth(hook.auth);
        const slots = slotsOf(auth);
        const slot = body.slot ?? (slots.length > 1 ? undefined : slots[0]);
        if (slots.length > 1 && slot === undefined) {
          throw invalid('/slot', `Name one of the slots: ${slots.join(', ')}.`);
        }
        if (slot === undefined || !slots.includes(slot)) {
          throw new TidegateError('nothing_to_rotate');
        }
        const secrets = body.secret === undefined ? {} : { [slot]: body.secret };
        const given = secretsBySlot(auth, { secrets });
        const { graceSeconds } = body;
        const wanted = { slots: [slot], given, graceSeconds };
        const shown = await setSecrets(services.vault, tx, hook.id, auth, wanted);
        await auditHook(context, 'secret_rotated', hook.id, { slot, graceSeconds });
        return withSecrets(await reread(context, hook.id), shown);
      },
    }),
    defineRoute({
      method: 'POST',
      path: `${hooksPath}/:id/capture-sample`,
      operationId: 'captureSample',
      tag,
      summary: 'Take the first verified body of the next five minutes as the sample',
      permission: 'inbound_webhook.update',
      params: hookParams,
      status: 200,
      response: dataOf(hookSchema),
      async handle(context) {
        const hook = await requireHook(context, context.params.id);
        await armCapture(context.tx, hook.id, captureWindowSeconds);
        await auditHook(context, 'capture_armed', hook.id);
        return { data: await reread(context, hook.id) };
      },
    }),
    defineRoute({
      method: 'DELETE',
      path: `${hooksPath}/:id/capture-sample`,
      operationId: 'clearSample',
      tag,
      summary: 'Remove the sample and close the window',
      permission: 'inbound_webhook.update',
      params: hookParams,
      status: 204,
      async handle(context) {
        const hook = await requireHook(context, context.params.id);
        await clearSample(context.tx, hook.id);
        await auditHook(context, 'sample_cleared', hook.id);
      },
    }),
  ];
}

type Context = Pick<ApiContext, 'tx' | 'caller'>;

/** The hook under a wire id. Throws `not_found`. */
export async function requireHook(
  { tx }: Pick<ApiContext, 'tx'>,
  wireId: string,
  lock: 'none' | 'for update' = 'none',
): Promise<Hook> {
  const uuid = fromWireId('hook', wireId);
  const hook = uuid === undefined ? undefined : await findHook(tx, parseHookId(uuid), lock);
  if (hook === undefined) throw new TidegateError('not_found');
  return hook;
}

/** Notes a change to a hook in the audit log. */
export function auditHook(
  context: Context,
  verb: string,
  hookId: HookId,
  details: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  return audit(context, {
    action: `inbound_webhook.${verb}`,
    resourceType: 'inbound_webhook',
    resourceId: hookId,
    details,
  });
}

function withSecrets(
  data: HookView,
  shown: Readonly<Record<string, string>>,
): z.output<typeof hookWithSecretSchema> {
  const secrets = { ...shown };
  return { data, secret: Object.values(secrets)[0] ?? null, secrets };
}
