import { z } from 'zod';
import { listEndpoints, type Endpoint } from '../../../shared/db/queries/endpoints.ts';
import {
  countOutboundDeliveries,
  findOutboundBodies,
  listOutboundDeliveries,
  type OutboundSummary,
} from '../../../shared/db/queries/outbound-delivery-log.ts';
import { toWireId } from '../../../shared/domain/ids.ts';
import type { OutboundStatus } from '../../../shared/domain/outbound.ts';
import { isAdministrator } from '../../../shared/domain/permissions.ts';
import { TidegateError } from '../../../shared/errors/tidegate-error.ts';
import { rotateSecret } from '../../../shared/outbound/secret-rotation.ts';
import { limitSchema } from '../../../shared/schemas/common.ts';
import {
  createdUserWebhookSchema,
  newUserWebhookSchema,
  rotatedUserWebhookSchema,
  userDeliveriesSchema,
  userWebhookSchema,
  type UserDelivery,
  type UserWebhook,
} from '../../../shared/schemas/compat-api.ts';
import { defineRoute, type ApiRoute } from '../api/route.ts';
import { auditEndpoint, endpointParams, endpointPermission } from '../api/routes/endpoints.ts';
import { checkUrls } from '../endpoints/check-urls.ts';
import { createEndpoint } from '../endpoints/save-endpoint.ts';
import type { EndpointServices } from '../endpoints/services.ts';
import { removeEndpoint } from '../endpoints/states.ts';
import { ownerOf, requireEndpoint, type EndpointContext } from '../endpoints/visibility.ts';

const tag = 'Compatibility';
const path = '/api/webhooks';
/** How user webhooks are written, signed and retried. */
const settings = {
  signatureProfile: 'devcard',
  retryProfile: 'cardView',
  timeoutMs: 5_000,
} as const;
const pagesMax = 10_000;

/**
 * User webhooks as DevCard has them: endpoints of the profile `devcard`, in its shapes, over the same
 * services as /api/v1/webhooks.
 */
export function userWebhookRoutes(services: EndpointServices): readonly ApiRoute[] {
  return [
    defineRoute({
      method: 'POST',
      path,
      operationId: 'createUserWebhook',
      tag,
      summary: 'Make a user webhook; its secret is shown once',
      permission: endpointPermission,
      body: newUserWebhookSchema,
      status: 201,
      response: createdUserWebhookSchema,
      errors: ['endpoint_limit_reached'],
      prepare: ({ body }) => checkUrls(services, { url: body.url }),
      async handle(context) {
        const { url, events } = context.body;
        const created = { ...settings, url, eventTypes: [...new Set(events)] };
        const { id, signingSecret: secret } = await createEndpoint(services, context, created);
        await auditEndpoint(context, 'created', id);
        const endpoint = await requireWebhook(context, toWireId('endpoint', id));
        return { ...present(endpoint), secret };
      },
    }),
    defineRoute({
      method: 'GET',
      path,
      operationId: 'listUserWebhooks',
      tag,
      summary: 'The user webhooks, newest first',
      permission: endpointPermission,
      isCountedRead: true,
      query: z.object({ limit: limitSchema(20) }),
      status: 200,
      response: z.array(userWebhookSchema),
      async handle(context) {
        const { limit } = context.query;
        const { signatureProfile } = settings;
        const filter = { ownerUserId: await ownerOf(context), signatureProfile };
        const found = await listEndpoints(context.tx, filter, { after: undefined, limit });
        return found.slice(0, limit).map(present);
      },
    }),
    defineRoute({
      method: 'DELETE',
      path: `${path}/:id`,
      operationId: 'deleteUserWebhook',
      tag,
      summary: 'Delete a user webhook with its secret',
      permission: endpointPermission,
      params: endpointParams,
      status: 204,
      async handle(context) {
        const { id, name } = await requireWebhook(context, context.params.id);
        const ended = await removeEndpoint(context.tx, id);
        await auditEndpoint(context, 'deleted', id, { name, ended: ended.length });
        context.afterCommit(() => services.wake(ended));
      },
    }),
    defineRoute({
      method: 'GET',
      path: `${path}/:id/deliveries`,
      operationId: 'listUserWebhookDeliveries',
      tag,
      summary: 'The deliveries of a user webhook, newest first',
      permission: endpointPermission,
      isCountedRead: true,
      params: endpointParams,
      query: z.object({
        page: z.coerce.number().int().min(1).max(pagesMax).default(1),
        limit: limitSchema(20),
      }),
      status: 200,
      response: userDeliveriesSchema,
      async handle(context) {
        const { tx, caller, query } = context;
        const { page, limit } = query;
        const { id: endpointId } = await requireWebhook(context, context.params.id);
        const filter = { ownerUserId: null, endpointId };
        const offset = (page - 1) * limit;
        const found = await listOutboundDeliveries(tx, filter, { after: undefined, limit, offset });
        const rows = found.slice(0, limit);
        const isShown = isAdministrator(caller.role);
        const bodies = await findOutboundBodies(tx, isShown ? rows.map(({ id }) => id) : []);
        const total = await countOutboundDeliveries(tx, filter);
        return {
          data: rows.map((row) => presentDelivery(row, bodies.get(row.id))),
          pagination: { page, limit, total, totalPages: Math.ceil(total / limit) },
        };
      },
    }),
    defineRoute({
      method: 'PATCH',
      path: `${path}/:id/rotate-secret`,
      operationId: 'rotateUserWebhookSecret',
      tag,
      summary: 'Replace the secret of a user webhook; the old one stops at once',
      permission: endpointPermission,
      params: endpointParams,
      status: 200,
      response: rotatedUserWebhookSchema,
      async handle(context) {
        const { tx, caller, params } = context;
        const { id: endpointId } = await requireWebhook(context, params.id);
        const actor = { actorType: 'user', actorId: caller.userId } as const;
        const request = { endpointId, graceSeconds: 0 };
        const rotated = await rotateSecret(services.vault, tx, request, actor);
        if (rotated.kind !== 'rotated') throw new TidegateError('not_found');
        const message = 'The secret was rotated; the old one is no longer used.';
        return { id: params.id, secret: rotated.signingSecret, message };
      },
    }),
  ];
}

async function requireWebhook(context: EndpointContext, wireId: string): Promise<Endpoint> {
  const endpoint = await requireEndpoint(context, wireId);
  if (endpoint.signatureProfile !== settings.signatureProfile) throw new TidegateError('not_found');
  return endpoint;
}

const present = (endpoint: Endpoint): UserWebhook => ({
  id: toWireId('endpoint', endpoint.id),
  url: endpoint.url,
  events: [...endpoint.eventTypes],
  isActive: endpoint.status === 'active',
  createdAt: endpoint.createdAt.toISOString(),
});

const statuses: Readonly<Record<OutboundStatus, UserDelivery['status']>> = {
  pending: 'pending',
  retrying: 'pending',
  held: 'pending',
  delivered: 'success',
  failed: 'failed',
  canceled: 'failed',
};

function presentDelivery(delivery: OutboundSummary, body: string | undefined): UserDelivery {
  return {
    id: toWireId('outboundDelivery', delivery.id),
    endpointId: toWireId('endpoint', delivery.endpointId),
    eventType: delivery.eventType,
    payload: body === undefined ? null : (JSON.parse(body) as unknown),
    status: statuses[delivery.status],
    responseCode: delivery.lastStatusCode,
    attempts: delivery.attempts,
    nextRetryAt: delivery.nextAttemptAt?.toISOString() ?? null,
    errorMessage: delivery.lastError,
    deliveredAt: delivery.deliveredAt?.toISOString() ?? null,
    createdAt: delivery.createdAt.toISOString(),
    updatedAt: delivery.updatedAt.toISOString(),
  };
}
