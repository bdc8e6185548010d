import { z } from 'zod';
import type { EventData, EventType } from './event-type.ts';

export const schemaVersion = '1';

/** What became of the on-chain operation that an event waited for (S-064). */
export const receiptSchema = z
  .looseObject({
    blockNumber: z.int().nonnegative().describe('Number of the block'),
    transactionHash: z
      .string()
      .regex(/^0x[0-9a-fA-F]+$/)
      .describe('Hash of the transaction'),
  })
  .describe('Only when the event awaited one: the operation that it caused');

function envelopeOf<Type extends z.ZodType, Data extends z.ZodType>(
  type: Type,
  data: Data,
  resource: z.ZodType<string>,
) {
  return z.looseObject({
    id: z.string().describe('The same on every attempt and replay: receivers de-duplicate by it'),
    type,
    schema_version: z.literal(schemaVersion).describe('Version of this envelope'),
    created_at: z.iso.datetime().describe('When it happened; the same on every attempt'),
    data,
    resource: z.looseObject({
      type: resource.describe('What it is about'),
      id: z.string().describe('Id of that'),
    }),
    receipt: receiptSchema.optional(),
  });
}

/**
 * The body that an endpoint with the default profile gets for any event, of whatever type and with
 * whatever members: what a receiver should rely on (S-101).
 */
export const anyEnvelopeSchema = envelopeOf(
  z.string().describe('Type of the event'),
  z.looseObject({}),
  z.string(),
);

/** The default body for events of one built-in type, as the OpenAPI document shows it. */
export function webhookEnvelopeSchema(type: EventType): z.ZodType<EventData> {
  return envelopeOf(z.literal(type.name), type.data, z.enum(type.resourceTypes));
}

/** JSON Schema (2020-12) of the data of a built-in type. */
export function dataJsonSchema(type: EventType): EventData {
  return z.toJSONSchema(type.data, { io: 'input' });
}

/** JSON Schema (2020-12) of the default body for a built-in type. */
export function envelopeJsonSchema(type: EventType): EventData {
  return z.toJSONSchema(webhookEnvelopeSchema(type), { io: 'input' });
}
