import { invalid } from '../../../../shared/errors/tidegate-error.ts';
import {
  redeliveredSchema,
  redeliveredSinceSchema,
  redeliverSchema,
  redeliverSinceSchema,
} from '../../../../shared/schemas/event-api.ts';
import { endpointIdOf, ownerOf, requireEndpoint } from '../../endpoints/visibility.ts';
import { redeliverEvent, redeliverSince } from '../../events/redeliver.ts';
import { requireEvent } from '../../events/require-event.ts';
import type { EventServices } from '../../events/services.ts';
import { audit } from '../audit.ts';
import { defineSharedRoute, type ApiRoute } from '../route.ts';
import { endpointAccess } from './endpoints.ts';
import { eventParams, eventsPath, eventsTag as tag } from './events.ts';

/** Sending events again to the endpoints that they went to (S-052 to S-054). */
export function eventRedeliveryRoutes({ eventRetentionDays }: EventServices): readonly ApiRoute[] {
  return [
    defineSharedRoute({
      method: 'POST',
      path: `${eventsPath}/:id/redeliver`,
      operationId: 'redeliverEvent',
      tag,
      summary: 'Send an event again to the endpoints that it went to, or to one of them',
      description:
        'Whatever became of the earlier deliveries, with the same id and body. The same call within five minutes gets the same answer and sends nothing more.',
      ...endpointAccess,
      params: eventParams,
      body: redeliverSchema,
      status: 200,
      response: redeliveredSchema,
      errors: ['event_expired', 'endpoint_not_matched'],
      async handle(context) {
        const { tx, params, body } = context;
        const event = await requireEvent(tx, params.id, eventRetentionDays);
        const named = body?.endpointId;
        const endpointId = named === undefined ? null : endpointIdOf(named);
        if (endpointId === undefined) throw invalid('/endpointId', 'This is no id of an endpoint.');
        // Before the answer of an earlier call is looked for, which may have been another user's.
        if (named !== undefined) await requireEndpoint(context, named);
        const ownerUserId = await ownerOf(context);
        const deliveries = await redeliverEvent(tx, event, { endpointId, ownerUserId });
        await audit(context, {
          action: 'event.redelivered',
          resourceType: 'event',
          resourceId: event.id,
          details: { deliveries: deliveries.length },
        });
        return { deliveries: [...deliveries] };
      },
    }),
    defineSharedRoute({
      method: 'POST',
      path: '/api/v1/webhooks/:id/redeliver-since',
      operationId: 'redeliverSince',
      tag,
      summary: 'Send an endpoint again everything that it was sent since a moment',
      description:
        'Events with a delivery that is still open are skipped. What is sent again is spread over time by `ratePerMinute` of the endpoint. Once a minute for each endpoint.',
      ...endpointAccess,
      params: eventParams,
      body: redeliverSinceSchema,
      status: 200,
      response: redeliveredSinceSchema,
      errors: ['redelivered_lately', 'redelivery_too_large'],
      async handle(context) {
        const { tx, params, body } = context;
        const endpoint = await requireEndpoint(context, params.id);
        const done = await redeliverSince(tx, endpoint, body.since);
        await audit(context, {
          action: 'endpoint.redelivered',
          resourceType: 'endpoint',
          resourceId: endpoint.id,
          details: { since: body.since, ...done },
        });
        return { ...done };
      },
    }),
  ];
}
