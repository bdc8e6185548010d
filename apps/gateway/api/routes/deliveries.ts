import { z } from 'zod';
import {
  countDeliveries,
  findDelivery,
  listDeliveries,
  type StoredDelivery,
} from '../../../../shared/db/queries/inbound-delivery-log.ts';
import { decodeCursor, pageOf } from '../../../../shared/domain/cursor.ts';
import {
  fromWireId,
  parseDeliveryId,
  type DeliveryId,
  type HookId,
} from '../../../../shared/domain/ids.ts';
import { isAdministrator } from '../../../../shared/domain/permissions.ts';
import { TidegateError } from '../../../../shared/errors/tidegate-error.ts';
import {
  cursorSchema,
  dataOf,
  limitSchema,
  momentSchema,
} from '../../../../shared/schemas/common.ts';
import {
  deliveryListSchema,
  deliverySchema,
  dispatchStatuses,
  testRequestSchema,
  type DeliveryView,
} from '../../../../shared/schemas/delivery-api.ts';
import { presentDelivery, presentSummary } from '../../hooks/present-delivery.ts';
import { submitReplay, submitTest } from '../../hooks/submit.ts';
import type { HookServices } from '../../hooks/services.ts';
import { defineRoute, type ApiContext, type ApiRoute } from '../route.ts';
import { auditHook, hookParams, hooksPath, requireHook } from './hooks.ts';

const tag = 'Deliveries';
const path = `${hooksPath}/:id/deliveries`;
export const deliveryParams = hookParams.extend({ deliveryId: z.string().max(64) });
const pagesMax = 10_000;

/** The delivery log of a hook, tests and replays (S-045, S-048, S-050). */
export function deliveryRoutes(services: HookServices): readonly ApiRoute[] {
  const present = ({ caller }: Context, delivery: StoredDelivery): DeliveryView => {
    const runId = delivery.handlerWorkflowId ?? delivery.workflowId;
    const maySeeRun = runId !== null && caller.permissions.has('operations.read');
    return presentDelivery(delivery, {
      isBodyShown: isAdministrator(caller.role),
      temporalUrl: maySeeRun ? services.temporalUrl(runId) : undefined,
    });
  };
  const reread = async (
    context: Context,
    hookId: HookId,
    id: DeliveryId,
  ): Promise<DeliveryView> => {
    const delivery = await findDelivery(context.tx, hookId, id);
    if (delivery === undefined) throw new TidegateError('not_found');
    return present(context, delivery);
  };

  return [
    defineRoute({
      method: 'GET',
      path,
      operationId: 'listDeliveries',
      tag,
      summary: 'The deliveries of a hook, newest first',
      description:
        'Pages by cursor. With `page` the answer also carries page, limit and total, which counts every match.',
      permission: 'inbound_webhook.read',
      params: hookParams,
      query: z.object({
        status: z.enum(dispatchStatuses).optional(),
        dateFrom: momentSchema.optional(),
        dateTo: momentSchema.optional(),
        limit: limitSchema(25),
        cursor: cursorSchema,
        page: z.coerce.number().int().min(1).max(pagesMax).optional(),
      }),
      status: 200,
      response: deliveryListSchema,
      errors: ['cursor_invalid'],
      async handle(context) {
        const { tx, query } = context;
        const hook = await requireHook(context, context.params.id);
        const { status, dateFrom, dateTo, limit, cursor, page } = query;
        const filter = { hookId: hook.id, status, dateFrom, dateTo };
        const after = cursor === undefined ? undefined : decodeCursor(cursor);
        const offset = page === undefined ? 0 : (page - 1) * limit;
        const found = await listDeliveries(tx, filter, { after, limit, offset });
        const { rows, ...position } = pageOf(found, limit);
        const data = rows.map(presentSummary);
        if (page === undefined) return { data, ...position };
        return { data, ...position, page, limit, total: await countDeliveries(tx, filter) };
      },
    }),
    defineRoute({
      method: 'GET',
      path: `${path}/:deliveryId`,
      operationId: 'readDelivery',
      tag,
      summary: 'One delivery: what came in, what was done, what the sender was told',
      permission: 'inbound_webhook.read',
      params: deliveryParams,
      status: 200,
      response: dataOf(deliverySchema),
      async handle(context) {
        const hook = await requireHook(context, context.params.id);
        return { data: present(context, await requireDelivery(context, hook.id)) };
      },
    }),
    defineRoute({
      method: 'POST',
      path: `${path}/:deliveryId/replay`,
      operationId: 'replayDelivery',
      tag,
      summary: "Run a delivery's stored body through the hook as it is now",
      permission: 'inbound_webhook.replay',
      params: deliveryParams,
      status: 202,
      response: dataOf(deliverySchema),
      errors: ['hook_inactive', 'delivery_not_replayable'],
      async handle(context) {
        const hook = await requireHook(context, context.params.id);
        if (!hook.isActive) throw new TidegateError('hook_inactive');
        const original = await requireDelivery(context, hook.id);
        const id = await submitReplay(services, context, hook, original);
        await auditHook(context, 'delivery_replayed', hook.id, { from: original.id, delivery: id });
        return { data: await reread(context, hook.id, id) };
      },
    }),
    defineRoute({
      method: 'POST',
      path: `${hooksPath}/:id/test`,
      operationId: 'testHook',
      tag,
      summary: 'Send a request through the hook as if its sender had',
      description: 'Skips authentication, rate limit and de-duplication; everything else is real.',
      permission: 'inbound_webhook.update',
      params: hookParams,
      body: testRequestSchema,
      bodyLimitBytes: services.bodyLimitBytes,
      status: 202,
      response: dataOf(deliverySchema),
      errors: ['hook_inactive'],
      async handle(context) {
        const hook = await requireHook(context, context.params.id);
        if (!hook.isActive) throw new TidegateError('hook_inactive');
        const id = await submitTest(services, context, hook, context.body);
        await auditHook(context, 'tested', hook.id, { delivery: id });
        return { data: await reread(context, hook.id, id) };
      },
    }),
  ];
}

type Context = Pick<ApiContext, 'tx' | 'caller'>;

/** The delivery of a request's path. Throws `not_found`, also when it is another hook's (S-048). */
export async function requireDelivery(
  context: Pick<ApiContext<z.output<typeof deliveryParams>>, 'tx' | 'params'>,
  hookId: HookId,
): Promise<StoredDelivery> {
  const uuid = fromWireId('delivery', context.params.deliveryId);
  const delivery =
    uuid === undefined ? undefined : await findDelivery(context.tx, hookId, parseDeliveryId(uuid));
  if (delivery === undefined) throw new TidegateError('not_found');
  return delivery;
}
