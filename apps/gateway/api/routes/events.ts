import { z } from 'zod';
import { listEvents, type EventFilter } from '../../../../shared/db/queries/event-log.ts';
import { decodeCursor, pageOf } from '../../../../shared/domain/cursor.ts';
import { toWireId } from '../../../../shared/domain/ids.ts';
import { TidegateError } from '../../../../shared/errors/tidegate-error.ts';
import { publishReceipt } from '../../../../shared/outbound/publish-event.ts';
import { dataOf } from '../../../../shared/schemas/common.ts';
import {
  eventListSchema,
  eventQuerySchema,
  eventWithStatusSchema,
  feedSchema,
  newEventSchema,
  newReceiptSchema,
  publishBytesMax,
  type EventQuery,
  type EventWithStatusView,
} from '../../../../shared/schemas/event-api.ts';
import type { TenantTx } from '../../../../shared/db/tenant.ts';
import {
  presentEvent,
  presentEventWithStatus,
  presentFeedItem,
} from '../../events/present-event.ts';
import { publishFromApi } from '../../events/publish.ts';
import { requireEvent } from '../../events/require-event.ts';
import type { EventServices } from '../../events/services.ts';
import { audit } from '../audit.ts';
import { defineRoute, type ApiRoute } from '../route.ts';

export const eventsTag = 'Events';
export const eventsPath = '/api/v1/events';
export const eventParams = z.object({ id: z.string().max(64) });
const permission = 'settings.integrations';

/** Publishing, receipts, and reading what happened (S-064, S-098 to S-101). */
export function eventRoutes({ eventRetentionDays }: EventServices): readonly ApiRoute[] {
  const reread = async (tx: TenantTx, wireId: string): Promise<EventWithStatusView> =>
    presentEventWithStatus(await requireEvent(tx, wireId, eventRetentionDays));

  return [
    defineRoute({
      method: 'GET',
      path: eventsPath,
      operationId: 'listEvents',
      tag: eventsTag,
      summary: 'What happened, newest first',
      permission,
      query: eventQuerySchema,
      status: 200,
      response: eventListSchema,
      errors: ['cursor_invalid'],
      async handle({ tx, query }) {
        const { rows, ...page } = await readPage(tx, query);
        return { data: rows.map(presentEvent), ...page };
      },
    }),
    defineRoute({
      method: 'GET',
      path: `${eventsPath}/feed`,
      operationId: 'readEventFeed',
      tag: eventsTag,
      summary: 'What happened, newest first, in the shape of the automation API',
      permission,
      query: eventQuerySchema,
      status: 200,
      response: feedSchema,
      errors: ['cursor_invalid'],
      async handle({ tx, query }) {
        const { rows, ...page } = await readPage(tx, query);
        return { data: rows.map(presentFeedItem), ...page };
      },
    }),
    defineRoute({
      method: 'POST',
      path: eventsPath,
      operationId: 'publishEvent',
      tag: eventsTag,
      summary: 'Publish an event of a registered type to every endpoint that it matches',
      description:
        'Answers once the event and its deliveries are stored; sending them is not waited for.',
      permission,
      body: newEventSchema,
      bodyLimitBytes: publishBytesMax,
      status: 201,
      response: dataOf(eventWithStatusSchema),
      errors: ['automation_disabled'],
      async handle(context) {
        const { tx, body } = context;
        const { id } = await publishFromApi(tx, body);
        const wireId = toWireId('event', id);
        await audit(context, {
          action: 'event.published',
          resourceType: 'event',
          resourceId: id,
          details: { type: body.type },
        });
        return { data: await reread(tx, wireId) };
      },
    }),
    defineRoute({
      method: 'GET',
      path: `${eventsPath}/:id`,
      operationId: 'readEvent',
      tag: eventsTag,
      summary: 'One event, with how it fares at its endpoints',
      permission,
      params: eventParams,
      status: 200,
      response: dataOf(eventWithStatusSchema),
      errors: ['event_expired'],
      handle: async ({ tx, params }) => ({ data: await reread(tx, params.id) }),
    }),
    defineRoute({
      method: 'POST',
      path: `${eventsPath}/:id/receipt`,
      operationId: 'giveReceipt',
      tag: eventsTag,
      summary: 'Give an event the receipt it awaits, which sends it; or end its wait',
      permission,
      params: eventParams,
      body: newReceiptSchema,
      status: 200,
      response: dataOf(eventWithStatusSchema),
      errors: ['event_expired', 'receipt_not_awaited'],
      async handle(context) {
        const { tx, params, body } = context;
        const { id } = await requireEvent(tx, params.id, eventRetentionDays);
        const receipt = 'reverted' in body ? null : body;
        if ((await publishReceipt(tx, id, receipt)) === undefined) {
          throw new TidegateError('receipt_not_awaited');
        }
        await audit(context, {
          action: receipt === null ? 'event.reverted' : 'event.receipt_given',
          resourceType: 'event',
          resourceId: id,
          details: {},
        });
        return { data: await reread(tx, params.id) };
      },
    }),
  ];
}

async function readPage(tx: TenantTx, { limit, cursor, ...query }: EventQuery) {
  const after = cursor === undefined ? undefined : decodeCursor(cursor);
  const filter: EventFilter = {
    type: query.type,
    ownerId: query.owner,
    conversationId: query.conversation,
    messageId: query.message,
    objectId: query.object,
    objectType: query.resourceType,
    since: query.since,
    until: query.until,
  };
  return pageOf(await listEvents(tx, filter, { after, limit }), limit);
}
