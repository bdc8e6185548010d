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
  feedQuerySchema,
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
import { defineSharedRoute, type ApiRoute } from '../route.ts';

export const eventsTag = 'Events';
export const eventsPath = '/api/v1/events';
export const eventParams = z.object({ id: z.string().max(64) });
/** Who reads events, and who says that something happened. */
export const eventReaders = { permission: 'settings.integrations', scope: 'events.read' } as const;
const eventWriters = { permission: 'settings.integrations', scope: 'events.write' } as const;

/** Publishing, receipts, and reading what happened (S-064, S-098 to S-101). */
export function eventRoutes({ eventRetentionDays }: EventServices): readonly ApiRoute[] {
  const reread = async (tx: TenantTx, wireId: string): Promise<EventWithStatusView> =>
    presentEventWithStatus(await requireEvent(tx, wireId, eventRetentionDays));

  return [
    defineSharedRoute({
      method: 'GET',
      path: eventsPath,
      operationId: 'listEvents',
      tag: eventsTag,
      summary: 'What happened, newest first',
      ...eventReaders,
      query: eventQuerySchema,
      status: 200,
      response: eventListSchema,
      errors: ['cursor_invalid'],
      async handle({ tx, query }) {
        const { rows, ...page } = await readPage(tx, query);
        return { data: rows.map(presentEvent), ...page };
      },
    }),
    defineSharedRoute({
      method: 'GET',
      path: `${eventsPath}/feed`,
      operationId: 'readEventFeed',
      tag: eventsTag,
      summary: 'What happened, newest first, in the shape of the automation API',
      ...eventReaders,
      query: feedQuerySchema,
      status: 200,
      response: feedSchema,
      errors: ['cursor_invalid'],
      async handle({ tx, query }) {
        const { updatedSince, ...rest } = query;
        const since = laterOf(rest.since, updatedSince && justAfter(updatedSince));
        const { rows, ...page } = await readPage(tx, { ...rest, since });
        return { data: rows.map(presentFeedItem), ...page };
      },
    }),
    defineSharedRoute({
      method: 'POST',
      path: eventsPath,
      operationId: 'publishEvent',
      tag: eventsTag,
      summary: 'Publish an event of a registered type to every endpoint that it matches',
      description:
        'Answers once the event and its deliveries are stored; sending them is not waited for.',
      ...eventWriters,
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
    defineSharedRoute({
      method: 'GET',
      path: `${eventsPath}/:id`,
      operationId: 'readEvent',
      tag: eventsTag,
      summary: 'One event, with how it fares at its endpoints',
      ...eventReaders,
      params: eventParams,
      status: 200,
      response: dataOf(eventWithStatusSchema),
      errors: ['event_expired'],
      handle: async ({ tx, params }) => ({ data: await reread(tx, params.id) }),
    }),
    defineSharedRoute({
      method: 'POST',
      path: `${eventsPath}/:id/receipt`,
      operationId: 'giveReceipt',
      tag: eventsTag,
      summary: 'Give an event the receipt it awaits, which sends it; or end its wait',
      ...eventWriters,
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

/** Events are kept to the microsecond and shown to the millisecond: those of the one given are left out. */
const justAfter = (moment: string): string => new Date(Date.parse(moment) + 1).toISOString();

const laterOf = (one: string | undefined, other: string | undefined): string | undefined =>
  one !== undefined && other !== undefined && Date.parse(one) > Date.parse(other)
    ? one
    : (other ?? one);

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
