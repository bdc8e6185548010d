import { z } from 'zod';
import { isStorableJson, isStorableText } from '../domain/storable-text.ts';
import { cursorSchema, limitSchema, listOf, momentSchema, timestampSchema } from './common.ts';
import { listQuery } from './resource-api.ts';

/** The largest body that a publication may have, in bytes. */
export const publishBytesMax = 262_144;

/** A text that can be stored and compared with what is. */
const storable = (charactersMax: number) =>
  z.string().max(charactersMax).refine(isStorableText, 'NUL and half characters are not taken.');

const idText = (of: string) => storable(200).min(1).describe(of);

const attributesSchema = z
  .strictObject({
    channel: z.string().nullable(),
    aiWorkflowState: z.string().nullable(),
    owner: z.string().nullable().describe('What it belongs to: a client, an agent, a card'),
    conversation: z.string().nullable(),
    message: z.string().nullable(),
    labels: z.array(z.string()),
  })
  .meta({ id: 'EventAttributes', description: 'What endpoints filter events by' });

const newAttributesSchema = z
  .strictObject({
    channel: idText('For example chat').exactOptional(),
    aiWorkflowState: idText('State of an AI workflow').exactOptional(),
    owner: idText('What it belongs to').exactOptional(),
    conversation: idText('Id of the conversation').exactOptional(),
    message: idText('Id of the message').exactOptional(),
    labels: z
      .array(z.string().regex(/^[a-z0-9:_-]{1,64}$/))
      .max(50)
      .exactOptional(),
  })
  .meta({ id: 'NewEventAttributes' });

export const receiptSchema = z
  .strictObject({
    blockNumber: z.int().nonnegative(),
    transactionHash: z.string().regex(/^0x[0-9a-fA-F]{1,128}$/),
  })
  .meta({ id: 'Receipt' });

const event = {
  id: z.string().describe('evt_ and 32 hexadecimal digits; the same in webhooks'),
  type: z.string(),
  schemaVersion: z.string(),
  createdAt: timestampSchema.describe('When it happened'),
  resourceType: z.string(),
  resourceId: z.string(),
  data: z.record(z.string(), z.unknown()),
  attributes: attributesSchema,
  inboundDeliveryId: z
    .string()
    .nullable()
    .describe('The inbound delivery it is an effect of, ind_…'),
  receiptState: z.enum(['none', 'awaiting', 'received', 'reverted']),
  receipt: receiptSchema.nullable(),
};

export const eventSchema = z.strictObject(event).meta({ id: 'Event' });
export type EventView = z.output<typeof eventSchema>;

export const eventWithStatusSchema = z
  .strictObject({
    ...event,
    deliveryStatus: z
      .strictObject({
        matched: z.int().describe('Endpoints that it went to when it was published'),
        delivered: z.int().describe('Of these, the ones that took it'),
        pending: z.int().describe('With a delivery that is still open'),
        failed: z.int().describe('Failed, or canceled'),
      })
      .meta({ id: 'EventDeliveryStatus' }),
  })
  .meta({ id: 'EventWithStatus' });
export type EventWithStatusView = z.output<typeof eventWithStatusSchema>;

/** An event in the shape of the automation API. */
export const feedItemSchema = z
  .strictObject({
    id: z.string(),
    eventType: z.string(),
    resourceType: z.string(),
    resourceId: z.string(),
    data: z.record(z.string(), z.unknown()),
    timestamp: z.int().describe('Milliseconds since 1970'),
  })
  .meta({ id: 'FeedItem' });
export type FeedItemView = z.output<typeof feedItemSchema>;

export const eventListSchema = listOf(eventSchema);
export const feedSchema = listOf(feedItemSchema);

const filterText = storable(200).min(1).optional();

export const eventQuerySchema = z.object({
  type: filterText.describe('One type'),
  owner: filterText,
  conversation: filterText,
  message: filterText,
  object: filterText.describe('Id of the resource that it is about'),
  resourceType: filterText,
  since: momentSchema.optional().describe('From this moment on'),
  until: momentSchema.optional().describe('Before this moment'),
  limit: limitSchema(50),
  cursor: cursorSchema,
});
export type EventQuery = z.output<typeof eventQuerySchema>;

/** The same by the rules of the lists of the automation API (S-114). */
export const feedQuerySchema = eventQuerySchema.extend({
  limit: listQuery.limit,
  updatedSince: listQuery.updatedSince,
});

export const newEventSchema = z
  .strictObject({
    type: storable(100).min(1).describe("A built-in type, or one of the tenant's own"),
    resourceType: z
      .string()
      .regex(/^[a-z][a-z0-9_]{0,63}$/)
      .exactOptional()
      .describe('What it is about; the first that the type names when absent'),
    resourceId: idText('Id of that'),
    data: z.record(z.string(), z.unknown()).describe('Fits the schema of the type'),
    attributes: newAttributesSchema
      .exactOptional()
      .describe('Those that the event shows by itself need not be named'),
    awaitsReceipt: z
      .boolean()
      .default(false)
      .describe('Sent only once its receipt is known, and never when it is reverted'),
  })
  .meta({ id: 'NewEvent' });
export type NewEventBody = z.output<typeof newEventSchema>;

export const newReceiptSchema = z
  .union([receiptSchema, z.strictObject({ reverted: z.literal(true) })])
  .meta({ id: 'NewReceipt' });

/** A JSON Schema, open as these are. */
const jsonSchema = z.record(z.string(), z.unknown());
const description = storable(2_000);

export const eventTypeSchema = z
  .strictObject({
    name: z.string(),
    title: z.string(),
    description: z.string(),
    isBuiltIn: z.boolean().describe("False for the tenant's own"),
    resourceTypes: z.array(z.string()).describe('What it is about; empty when that is open'),
    attributes: z.array(z.string()).describe('What such an event can be filtered by'),
    mayAwaitReceipt: z.boolean(),
    schema: jsonSchema.describe('JSON Schema of the data'),
    examples: z.array(
      z.strictObject({
        resource: z.strictObject({ type: z.string(), id: z.string() }),
        data: jsonSchema,
      }),
    ),
    createdAt: timestampSchema.nullable().describe('Null for built-in types'),
    updatedAt: timestampSchema.nullable(),
  })
  .meta({ id: 'EventType' });
export type EventTypeView = z.output<typeof eventTypeSchema>;

export const newEventTypeSchema = z
  .strictObject({
    name: storable(200).min(1).describe('For example order.shipped'),
    description: description.default(''),
    schema: jsonSchema
      .refine(isStorableJson, 'NUL and half characters are not taken.')
      .describe('JSON Schema (2020-12) of the data; docs/events.md has its limits'),
  })
  .meta({ id: 'NewEventType' });

export const eventTypeParams = z.object({ name: storable(200) });

export const eventTypeChangeSchema = newEventTypeSchema
  .omit({ name: true })
  .meta({ id: 'EventTypeChange' });

export const redeliverSchema = z
  .strictObject({
    endpointId: z
      .string()
      .max(64)
      .exactOptional()
      .describe('One endpoint; all that matched when absent'),
  })
  .nullish()
  .meta({ id: 'Redeliver' });

export const redeliveredSchema = z
  .strictObject({
    deliveries: z.array(z.strictObject({ deliveryId: z.string(), endpointId: z.string() })),
  })
  .meta({ id: 'Redelivered' });

export const redeliverSinceSchema = z
  .strictObject({ since: momentSchema.describe('At most 7 days back') })
  .meta({ id: 'RedeliverSince' });

export const redeliveredSinceSchema = z
  .strictObject({
    scheduled: z.int().describe('Events that are sent again'),
    skippedAlreadyPending: z.int().describe('Events with a delivery that is still open'),
  })
  .meta({ id: 'RedeliveredSince' });
