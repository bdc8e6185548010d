import { z } from 'zod';
import { replayStates, replayStatuses } from '../domain/replay.ts';
import { momentSchema, timestampSchema } from './common.ts';

const idsMax = 100;
const deliveriesMax = 1_000;
const wireId = z.string().max(64);

const filterSchema = z
  .strictObject({
    status: z
      .enum(replayStatuses)
      .default('failed')
      .describe(
        'Deliveries that ended so; `missing`: events that match an endpoint today and never had a delivery to it',
      ),
    from: momentSchema.describe('When they were made, or happened: from this moment on'),
    to: momentSchema.optional().describe('Before this moment; now when absent'),
    endpointIds: z.array(wireId).min(1).max(idsMax).optional().describe('All when absent'),
    eventTypes: z
      .array(z.string().min(1).max(100))
      .min(1)
      .max(idsMax)
      .optional()
      .describe('All when absent'),
    deliveryIds: z
      .array(wireId)
      .min(1)
      .max(deliveriesMax)
      .optional()
      .describe('Only these; all when absent. Not with `missing`'),
  })
  .meta({ id: 'ReplayFilter' });

export const countReplaySchema = z.strictObject({ filter: filterSchema }).meta({
  id: 'CountReplay',
});

export const newReplaySchema = z
  .strictObject({
    filter: filterSchema,
    perSecond: z
      .int()
      .min(1)
      .max(1_000)
      .default(20)
      .describe('Most deliveries that begin in a second; the rate of each endpoint holds as well'),
  })
  .meta({ id: 'NewReplay' });
export type ReplayFilterInput = z.output<typeof filterSchema>;

export const replayCountSchema = z.strictObject({
  matched: z.int().describe('What a replay would come to now'),
});

export const replayJobSchema = z
  .strictObject({
    id: z.string().describe('rpl_ and 32 hexadecimal digits'),
    state: z.enum(replayStates),
    filter: z.strictObject({
      status: z.enum(replayStatuses),
      from: timestampSchema,
      to: timestampSchema,
      endpointIds: z.array(z.string()).nullable(),
      eventTypes: z.array(z.string()).nullable(),
      deliveryIds: z.array(z.string()).nullable(),
    }),
    perSecond: z.int(),
    progress: z.strictObject({
      total: z.int().describe('Found when it began'),
      done: z.int().describe('Deliveries that were scheduled'),
      skipped: z
        .int()
        .describe('Passed over: the endpoint is gone, or was given the event once more since'),
      open: z.int().describe('Of the scheduled ones: not ended yet'),
      delivered: z.int(),
      failed: z.int(),
      canceled: z.int(),
    }),
    createdBy: z.string().nullable(),
    createdAt: timestampSchema,
    updatedAt: timestampSchema,
    finishedAt: timestampSchema.nullable(),
  })
  .meta({ id: 'ReplayJob' });
export type ReplayJobView = z.output<typeof replayJobSchema>;
