import { z } from 'zod';
import {
  countOutboundDeliveries,
  listAttempts,
  listOutboundDeliveries,
  type OutboundLogFilter,
} from '../../../../shared/db/queries/outbound-delivery-log.ts';
import { decodeCursor, pageOf } from '../../../../shared/domain/cursor.ts';
import { fromWireId, parseEventId, toWireId } from '../../../../shared/domain/ids.ts';
import { outboundStatuses } from '../../../../shared/domain/outbound.ts';
import { isAdministrator } from '../../../../shared/domain/permissions.ts';
import { invalid } from '../../../../shared/errors/tidegate-error.ts';
import {
  cursorSchema,
  dataOf,
  limitSchema,
  momentSchema,
} from '../../../../shared/schemas/common.ts';
import {
  outboundDeliverySchema,
  outboundListSchema,
  replayAnswerSchema,
  replayRequestSchema,
  type OutboundDeliveryView,
} from '../../../../shared/schemas/outbound-delivery-api.ts';
import {
  presentOutboundDelivery,
  presentOutboundSummary,
} from '../../endpoints/present-outbound-delivery.ts';
import { replayDelivery } from '../../endpoints/replay.ts';
import type { EndpointServices } from '../../endpoints/services.ts';
import {
  endpointIdOf,
  ownerOf,
  requireEndpoint,
  requireOutboundDelivery,
  type EndpointContext,
} from '../../endpoints/visibility.ts';
import { audit } from '../audit.ts';
import { defineSharedRoute, type ApiRoute } from '../route.ts';
import { endpointParams, endpointAccess, endpointsPath } from './endpoints.ts';

const tag = 'Outbound deliveries';
export const outboundPath = `${endpointsPath}/deliveries`;
const pagesMax = 10_000;

const logQuery = z.object({
  status: z.enum(outboundStatuses).optional(),
  eventType: z.string().max(100).optional(),
  event: z.string().max(64).optional().describe('The id of an event, evt_…'),
  dateFrom: momentSchema.optional().describe('Made at this moment or later'),
  dateTo: momentSchema.optional().describe('Made before this moment'),
  limit: limitSchema(20),
  cursor: cursorSchema,
  page: z.coerce.number().int().min(1).max(pagesMax).optional(),
});
type LogQuery = z.output<typeof logQuery>;

const pagingNote =
  'Pages by cursor. With `page` the answer also carries page, limit and total, which counts every match.';

/** The log of outbound deliveries (S-046 to S-048), and replays (S-051). */
export function outboundDeliveryRoutes(services: EndpointServices): readonly ApiRoute[] {
  return [
    defineSharedRoute({
      method: 'GET',
      path: `${endpointsPath}/:id/deliveries`,
      operationId: 'listEndpointDeliveries',
      tag,
      summary: 'The deliveries of an endpoint, newest first',
      description: pagingNote,
      ...endpointAccess,
      isCountedRead: true,
      params: endpointParams,
      query: logQuery,
      status: 200,
      response: outboundListSchema,
      errors: ['cursor_invalid'],
      async handle(context) {
        const endpoint = await requireEndpoint(context, context.params.id);
        return listLog(context, { ownerUserId: null, endpointId: endpoint.id }, context.query);
      },
    }),
    defineSharedRoute({
      method: 'GET',
      path: outboundPath,
      operationId: 'listOutboundDeliveries',
      tag,
      summary: 'The deliveries of all endpoints, newest first',
      description: pagingNote,
      ...endpointAccess,
      isCountedRead: true,
      query: logQuery.extend({ endpoint: z.string().max(64).optional() }),
      status: 200,
      response: outboundListSchema,
      errors: ['cursor_invalid'],
      async handle(context) {
        const { endpoint, ...query } = context.query;
        const endpointId = endpoint === undefined ? undefined : endpointIdOf(endpoint);
        if (endpoint !== undefined && endpointId === undefined) {
          throw invalid('/querystring/endpoint', 'This is no id of an endpoint, wh_….');
        }
        return listLog(context, { ownerUserId: await ownerOf(context), endpointId }, query);
      },
    }),
    defineSharedRoute({
      method: 'GET',
      path: `${outboundPath}/:id`,
      operationId: 'readOutboundDelivery',
      tag,
      summary: 'One delivery with its attempts: what was sent, what the receiver answered',
      ...endpointAccess,
      isCountedRead: true,
      params: endpointParams,
      status: 200,
      response: dataOf(outboundDeliverySchema),
      async handle(context) {
        return { data: await readOutboundView(services, context, context.params.id) };
      },
    }),
    defineSharedRoute({
      method: 'POST',
      path: `${endpointsPath}/replay`,
      operationId: 'replayOutboundDelivery',
      tag,
      summary: 'Send the event of a failed or retrying delivery again, from its first attempt',
      ...endpointAccess,
      body: replayRequestSchema,
      status: 201,
      response: replayAnswerSchema,
      errors: ['replay_refused', 'not_found'],
      async handle(context) {
        const original = await requireOutboundDelivery(context, context.body.deliveryId);
        const { id, ended } = await replayDelivery(context.tx, original);
        const deliveryId = toWireId('outboundDelivery', id);
        await audit(context, {
          action: 'webhook_delivery.replayed',
          resourceType: 'webhook_delivery',
          resourceId: original.id,
          details: { delivery: deliveryId },
        });
        context.afterCommit(() => services.wake(ended));
        return { success: true as const, deliveryId };
      },
    }),
  ];
}

async function listLog(
  context: EndpointContext,
  scope: Pick<OutboundLogFilter, 'ownerUserId' | 'endpointId'>,
  { limit, cursor, page, event, ...query }: LogQuery,
): Promise<z.output<typeof outboundListSchema>> {
  const eventUuid = event === undefined ? undefined : fromWireId('event', event);
  if (event !== undefined && eventUuid === undefined) {
    throw invalid('/querystring/event', 'This is no id of an event, evt_….');
  }
  const eventId = eventUuid === undefined ? undefined : parseEventId(eventUuid);
  const filter = { ...scope, ...query, eventId };
  const after = cursor === undefined ? undefined : decodeCursor(cursor);
  const offset = page === undefined ? 0 : (page - 1) * limit;
  const found = await listOutboundDeliveries(context.tx, filter, { after, limit, offset });
  const { rows, ...position } = pageOf(found, limit);
  const data = rows.map(presentOutboundSummary);
  if (page === undefined) return { data, ...position };
  const total = await countOutboundDeliveries(context.tx, filter);
  return { data, ...position, page, limit, total };
}

/** A delivery in full, as the caller may see it. Throws `not_found`. */
export async function readOutboundView(
  services: EndpointServices,
  context: EndpointContext,
  wireId: string,
): Promise<OutboundDeliveryView> {
  const { tx, caller } = context;
  const delivery = await requireOutboundDelivery(context, wireId);
  const isUser = caller.kind === 'user';
  const maySeeRun = isUser && caller.permissions.has('operations.read');
  return presentOutboundDelivery(delivery, await listAttempts(tx, delivery.id), {
    isBodyShown: isUser && isAdministrator(caller.role),
    temporalUrl: maySeeRun ? services.temporalUrl : () => undefined,
  });
}
