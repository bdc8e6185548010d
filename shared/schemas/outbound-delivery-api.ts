import { z } from 'zod';
import { deliveryOrigins, holdReasons, outboundStatuses } from '../domain/outbound.ts';
import { timestampSchema } from './common.ts';

const summary = {
  id: z.string().describe('whd_ and 32 hexadecimal digits'),
  endpointId: z.string(),
  endpointName: z.string().nullable().describe('Null once the endpoint is gone'),
  eventId: z.string().describe('The same on every attempt and replay'),
  eventType: z.string(),
  occurredAt: timestampSchema.describe('When the event happened'),
  origin: z.enum(deliveryOrigins),
  replayedFrom: z.string().nullable(),
  replayJobId: z.string().nullable(),
  status: z.enum(outboundStatuses),
  holdReason: z.enum(holdReasons).nullable(),
  attemptCount: z.int().describe('Attempts that were begun'),
  failureCount: z.int().describe('Attempts that used up a step of the schedule'),
  attemptsMax: z.int().describe('Attempts that the schedule allows'),
  nextAttemptAt: timestampSchema.nullable(),
  lastStatusCode: z.int().nullable().describe('Null after a time-out or a lost connection'),
  lastErrorClass: z.string().nullable(),
  lastError: z.string().nullable(),
  failureCode: z.string().nullable().describe('Why it failed for good; see docs/errors.md'),
  lastAttemptAt: timestampSchema.nullable(),
  deliveredAt: timestampSchema.nullable(),
  settledAt: timestampSchema.nullable(),
  createdAt: timestampSchema,
  updatedAt: timestampSchema,
};

export const outboundSummarySchema = z
  .strictObject(summary)
  .meta({ id: 'OutboundDeliverySummary' });
export type OutboundSummaryView = z.output<typeof outboundSummarySchema>;

const attemptSchema = z
  .strictObject({
    number: z.int(),
    status: z
      .enum(['running', 'delivered', 'failed', 'lost'])
      .describe('lost: its worker ended before it told; the receiver may have got it'),
    url: z.string(),
    statusCode: z.int().nullable(),
    errorClass: z.string().nullable(),
    error: z.string().nullable(),
    durationMs: z.int().nullable(),
    responseHeaders: z.record(z.string(), z.string()),
    responseBody: z.string().nullable().describe('At most 8 KiB'),
    signedBy: z.array(z.string()).describe('How the secrets begin that signed it'),
    startedAt: timestampSchema,
    finishedAt: timestampSchema.nullable(),
  })
  .meta({ id: 'OutboundAttempt' });

export const outboundDeliverySchema = z
  .strictObject({
    ...summary,
    body: z
      .string()
      .nullable()
      .describe('As it is posted, on every attempt; null for all but administrators'),
    attempts: z.array(attemptSchema),
    replays: z.array(z.string()).describe('Deliveries that were replayed from this one'),
    workflowId: z.string(),
    temporalUrl: z
      .string()
      .nullable()
      .describe('The run in the Temporal UI, for holders of operations.read'),
  })
  .meta({ id: 'OutboundDelivery' });
export type OutboundDeliveryView = z.output<typeof outboundDeliverySchema>;

/** A page of the log. `page`, `limit` and `total` come with requests that name a page. */
export const outboundListSchema = z.strictObject({
  data: z.array(outboundSummarySchema),
  nextCursor: z.string().nullable(),
  hasMore: z.boolean(),
  page: z.int().optional(),
  limit: z.int().optional(),
  total: z.int().optional(),
});

export const replayRequestSchema = z
  .strictObject({ deliveryId: z.string().max(64) })
  .meta({ id: 'ReplayRequest' });

export const replayAnswerSchema = z.strictObject({
  success: z.literal(true),
  deliveryId: z.string().describe('The new delivery'),
});
