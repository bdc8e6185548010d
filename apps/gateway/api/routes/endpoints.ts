import { z } from 'zod';
import { listEndpoints } from '../../../../shared/db/queries/endpoints.ts';
import { decodeCursor, pageOf } from '../../../../shared/domain/cursor.ts';
import { toWireId, type EndpointId } from '../../../../shared/domain/ids.ts';
import { endpointStatuses } from '../../../../shared/domain/outbound.ts';
import { cursorSchema, dataOf, limitSchema, listOf } from '../../../../shared/schemas/common.ts';
import {
  changedEndpointSchema,
  createdEndpointSchema,
  endpointChangeSchema,
  endpointSchema,
  newEndpointSchema,
  type EndpointView,
} from '../../../../shared/schemas/endpoint-api.ts';
import { checkUrls } from '../../endpoints/check-urls.ts';
import { presentEndpoint } from '../../endpoints/present-endpoint.ts';
import { changeEndpoint, createEndpoint } from '../../endpoints/save-endpoint.ts';
import type { EndpointServices } from '../../endpoints/services.ts';
import { removeEndpoint } from '../../endpoints/states.ts';
import { ownerOf, requireEndpoint, type EndpointContext } from '../../endpoints/visibility.ts';
import { audit } from '../audit.ts';
import { defineSharedRoute, type ApiRoute } from '../route.ts';

const tag = 'Endpoints';
export const endpointsPath = '/api/v1/webhooks';
export const endpointParams = z.object({ id: z.string().max(64) });
export const endpointPermission = 'settings.integrations';
/** Who manages endpoints, and everything about what is sent to them. */
export const endpointAccess = {
  permission: endpointPermission,
  scope: 'webhooks.manage',
} as const;

/** Management of endpoints (S-085 to S-091). Every change is in the audit log with who made it (S-123). */
export function endpointRoutes(services: EndpointServices): readonly ApiRoute[] {
  return [
    defineSharedRoute({
      method: 'GET',
      path: endpointsPath,
      operationId: 'listEndpoints',
      tag,
      summary: 'The endpoints, newest first',
      ...endpointAccess,
      isCountedRead: true,
      query: z.object({
        status: z.enum(endpointStatuses).optional(),
        limit: limitSchema(20),
        cursor: cursorSchema,
      }),
      status: 200,
      response: listOf(endpointSchema),
      errors: ['cursor_invalid'],
      async handle(context) {
        const { status, limit, cursor } = context.query;
        const after = cursor === undefined ? undefined : decodeCursor(cursor);
        const filter = { ownerUserId: await ownerOf(context), status };
        const { rows, ...page } = pageOf(
          await listEndpoints(context.tx, filter, { after, limit }),
          limit,
        );
        return { data: rows.map((endpoint) => presentEndpoint(services, endpoint)), ...page };
      },
    }),
    defineSharedRoute({
      method: 'POST',
      path: endpointsPath,
      operationId: 'createEndpoint',
      tag,
      summary: 'Make an endpoint; its secret is shown once',
      ...endpointAccess,
      body: newEndpointSchema,
      status: 201,
      response: createdEndpointSchema,
      errors: ['endpoint_limit_reached', 'name_taken'],
      prepare: ({ body }) => checkUrls(services, body),
      async handle(context) {
        const { id, signingSecret } = await createEndpoint(services, context, context.body);
        const data = await readEndpointView(services, context, id);
        await auditEndpoint(context, 'created', id, { name: data.name });
        return { data, signingSecret };
      },
    }),
    defineSharedRoute({
      method: 'GET',
      path: `${endpointsPath}/:id`,
      operationId: 'readEndpoint',
      tag,
      summary: 'One endpoint, with how it fares',
      ...endpointAccess,
      isCountedRead: true,
      params: endpointParams,
      status: 200,
      response: dataOf(endpointSchema),
      async handle(context) {
        const endpoint = await requireEndpoint(context, context.params.id);
        return { data: presentEndpoint(services, endpoint) };
      },
    }),
    defineSharedRoute({
      method: 'PATCH',
      path: `${endpointsPath}/:id`,
      operationId: 'updateEndpoint',
      tag,
      summary: 'Change an endpoint: only the members that the request names',
      description:
        'An empty list clears a filter. Keeps the secret; a profile that needs one of another kind gets it, shown once.',
      ...endpointAccess,
      params: endpointParams,
      body: endpointChangeSchema,
      status: 200,
      response: changedEndpointSchema,
      errors: ['name_taken'],
      prepare: ({ body }) => checkUrls(services, body),
      async handle(context) {
        const { params, body } = context;
        const { endpoint, signingSecret } = await changeEndpoint(
          services,
          context,
          params.id,
          body,
        );
        await auditEndpoint(context, 'updated', endpoint.id, { changed: Object.keys(body) });
        return { data: await readEndpointView(services, context, endpoint.id), signingSecret };
      },
    }),
    defineSharedRoute({
      method: 'DELETE',
      path: `${endpointsPath}/:id`,
      operationId: 'deleteEndpoint',
      tag,
      summary: 'Delete an endpoint with its secrets; what was still to be sent ends as failed',
      ...endpointAccess,
      params: endpointParams,
      status: 204,
      async handle(context) {
        const { id, name } = await requireEndpoint(context, context.params.id);
        const ended = await removeEndpoint(context.tx, id);
        await auditEndpoint(context, 'deleted', id, { name, ended: ended.length });
        context.afterCommit(() => services.wake(ended));
      },
    }),
  ];
}

/** An endpoint as it stands now, in the transaction of the request. */
export async function readEndpointView(
  services: EndpointServices,
  context: EndpointContext,
  id: EndpointId,
): Promise<EndpointView> {
  return presentEndpoint(services, await requireEndpoint(context, toWireId('endpoint', id)));
}

/** Notes a change to an endpoint in the audit log. */
export function auditEndpoint(
  context: EndpointContext,
  verb: string,
  endpointId: EndpointId,
  details: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  return audit(context, {
    action: `webhook.${verb}`,
    resourceType: 'webhook',
    resourceId: endpointId,
    details,
  });
}
