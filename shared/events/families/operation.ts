import { z } from 'zod';
import { defineFamily } from '../event-type.ts';
import { count, exactly, id, moment, open, text } from '../parts.ts';

const ofEndpoint = { endpointId: id('the endpoint, as the API spells it: wh_…') };
const httpStatus = z.int().nullable();

const endpointId = 'wh_018f2f6e7a517c449b1e5d0f3a8c2b10';
const endpoint = { type: 'endpoint', id: endpointId } as const;
const aboutEndpoint = ['endpoint'] as const;
const at = '2026-03-02T10:15:30.000Z';

/** How full the measure is, in percent, when an endpoint is reported as failing. */
export const failingPercents = [50, 70, 90, 100] as const;

export const endpointFamily = defineFamily({
  title: 'Endpoints',
  description:
    'The state of endpoints, for whoever keeps them running. No endpoint gets an event about itself.',
  types: [
    {
      name: 'endpoint.disabled',
      title: 'Endpoint disabled',
      description:
        'An endpoint gets nothing more: it failed for too long, it answered 410, or somebody disabled it. What is due is held.',
      data: open({
        ...ofEndpoint,
        reason: text('failing, gone (it answered 410) or manual'),
        disabledAt: moment('When'),
      }),
      resourceTypes: aboutEndpoint,
      examples: [
        { resource: endpoint, data: { endpointId, reason: 'failing', disabledAt: at } },
        { resource: endpoint, data: { endpointId, reason: 'gone', disabledAt: at } },
      ],
    },
    {
      name: 'endpoint.enabled',
      title: 'Endpoint enabled',
      description: 'A disabled endpoint gets events again, and what was held.',
      data: open({ ...ofEndpoint, enabledAt: moment('When') }),
      resourceTypes: aboutEndpoint,
      examples: [{ resource: endpoint, data: { endpointId, enabledAt: at } }],
    },
    {
      name: 'endpoint.failing',
      title: 'Endpoint failing',
      description:
        'Deliveries to an endpoint keep failing. Told at 50, 70, 90 and 100 percent of what disables it, each once until it recovers.',
      data: open({
        ...ofEndpoint,
        percent: z.literal(failingPercents).describe('How near it is to being disabled'),
        failedDeliveries: count('Deliveries that failed in the window'),
        limit: count('Failed deliveries that disable it'),
        windowHours: count('Length of the window'),
        lastStatus: httpStatus.describe('HTTP status of the last answer; null when there was none'),
      }),
      resourceTypes: aboutEndpoint,
      examples: [
        {
          resource: endpoint,
          data: {
            endpointId,
            percent: 50,
            failedDeliveries: 5,
            limit: 10,
            windowHours: 72,
            lastStatus: 503,
          },
        },
      ],
    },
    {
      name: 'endpoint.recovered',
      title: 'Endpoint recovered',
      description: 'An endpoint that was reported as failing has taken a delivery.',
      data: open({ ...ofEndpoint, recoveredAt: moment('When') }),
      resourceTypes: aboutEndpoint,
      examples: [{ resource: endpoint, data: { endpointId, recoveredAt: at } }],
    },
    {
      name: 'endpoint.secret_rotated',
      title: 'Signing secret rotated',
      description: 'An endpoint has a new signing secret. The secret itself is in no event.',
      data: open({
        ...ofEndpoint,
        secretPrefix: text('How the new secret begins'),
        previousSecretExpiresAt: moment(
          'Until when the old one signs too; null when it stopped at once',
        ).nullable(),
      }),
      resourceTypes: aboutEndpoint,
      examples: [
        {
          resource: endpoint,
          data: {
            endpointId,
            secretPrefix: 'whsec_Ab3dEf9h',
            previousSecretExpiresAt: '2026-03-03T10:15:30.000Z',
          },
        },
      ],
    },
    {
      name: 'endpoint.secret_expiring',
      title: 'Old signing secret expires',
      description: 'The old signing secret of an endpoint soon signs no more.',
      data: open({ ...ofEndpoint, previousSecretExpiresAt: moment('When it stops') }),
      resourceTypes: aboutEndpoint,
      examples: [{ resource: endpoint, data: { endpointId, previousSecretExpiresAt: at } }],
    },
  ],
});

export const deliveryFamily = defineFamily({
  title: 'Deliveries',
  description:
    'Deliveries that ended badly. A failed delivery of an event about endpoints, deliveries or replays records nothing.',
  types: [
    {
      name: 'delivery.failed',
      title: 'Delivery failed for good',
      description: 'All attempts of a delivery have failed, or none could be made.',
      data: open({
        ...ofEndpoint,
        deliveryId: id('the delivery: whd_…'),
        eventId: id('the event it carries: evt_…'),
        eventType: text('Type of that event'),
        attempts: count('Attempts that were made'),
        lastStatus: httpStatus.describe('HTTP status of the last answer; null when there was none'),
        reason: text('Why it ended'),
      }),
      resourceTypes: ['delivery'],
      examples: [
        {
          resource: { type: 'delivery', id: 'whd_018f2f6e8b007d108a553c9e6f1d2a77' },
          data: {
            endpointId,
            deliveryId: 'whd_018f2f6e8b007d108a553c9e6f1d2a77',
            eventId: 'evt_018f2f6e9c007e209b664daf702e3b88',
            eventType: 'ticket.created',
            attempts: 8,
            lastStatus: null,
            reason: 'The endpoint did not answer in time.',
          },
        },
      ],
    },
  ],
});

export const replayFamily = defineFamily({
  title: 'Replays',
  description: 'Deliveries that somebody had sent again in bulk.',
  types: [
    {
      name: 'replay.completed',
      title: 'Replay completed',
      description: 'Everything that a replay was to send again is on its way.',
      data: open({
        replayId: id('the replay: rpl_…'),
        scheduled: count('Deliveries that were scheduled'),
        skipped: count('Deliveries that were passed over'),
        delivered: count('Deliveries that have arrived by now'),
        failed: count('Deliveries that have failed by now'),
      }),
      resourceTypes: ['replay'],
      examples: [
        {
          resource: { type: 'replay', id: 'rpl_018f2f6f14007fa093eec527f8a6b300' },
          data: {
            replayId: 'rpl_018f2f6f14007fa093eec527f8a6b300',
            scheduled: 40,
            skipped: 2,
            delivered: 39,
            failed: 1,
          },
        },
      ],
    },
  ],
});

export const testFamily = defineFamily({
  title: 'Test',
  description:
    'What an endpoint gets on request. It goes to that endpoint alone, whatever its filters.',
  types: [
    {
      name: 'test.ping',
      title: 'Test',
      description: 'Somebody tests the endpoint.',
      data: open({
        test: exactly(true, 'Always true'),
        subscriptionId: id('the endpoint').optional(),
        timestamp: z.int().describe('When, in milliseconds since 1970').optional(),
      }),
      resourceTypes: ['webhook'],
      examples: [
        {
          resource: { type: 'webhook', id: endpointId },
          data: { test: true, subscriptionId: endpointId, timestamp: 1_772_446_530_000 },
        },
      ],
    },
  ],
});
