import { z } from 'zod';
import { timestampSchema } from './common.ts';

export const dispatchStatuses = ['pending', 'dispatched', 'duplicate', 'failed'] as const;
export const authStatuses = [
  'verified',
  'rejected_signature',
  'rejected_bearer',
  'rejected_ip',
  'rejected_no_auth',
] as const;

const bodySchema = z
  .strictObject({
    bytes: z.int().describe('How many are kept'),
    sha256: z.string().describe('Of the whole body as received'),
    isTruncated: z.boolean().describe('Cut to its head by retention'),
    text: z.string().nullable().describe('Null when it is not UTF-8, or hidden from the caller'),
    base64: z.string().nullable().describe('The exact bytes; null when hidden from the caller'),
  })
  .meta({ id: 'DeliveryBody' });

const summary = {
  id: z.string().describe('ind_ and 32 hexadecimal digits'),
  hookId: z.string().nullable(),
  receivedAt: timestampSchema,
  method: z.string(),
  path: z.string(),
  sourceIp: z.string().nullable(),
  userAgent: z.string().nullable(),
  authStatus: z.enum(authStatuses),
  dispatchStatus: z.enum(dispatchStatuses),
  idempotencyKey: z.string().nullable(),
  duplicateOf: z.string().nullable(),
  outcome: z
    .record(z.string(), z.unknown())
    .nullable()
    .describe('What was done, or why it was not'),
  responseStatus: z.int().nullable().describe('Null while the sender waits'),
  durationMs: z.int().nullable().describe('From the request to its answer'),
  isReplay: z.boolean(),
  replayedFrom: z.string().nullable(),
  isTest: z.boolean(),
};

export const deliverySummarySchema = z.strictObject(summary).meta({ id: 'DeliverySummary' });
export type DeliverySummaryView = z.output<typeof deliverySummarySchema>;

export const deliverySchema = z
  .strictObject({
    ...summary,
    query: z.record(z.string(), z.unknown()),
    headers: z.record(z.string(), z.string()),
    body: bodySchema.nullable().describe('Null for requests that were not let in'),
    responseBody: z.record(z.string(), z.unknown()).nullable(),
    dispatchedAt: timestampSchema.nullable(),
    replays: z.array(z.string()).describe('Deliveries that were replayed from this one'),
    workflowId: z.string().nullable(),
    handlerWorkflowId: z.string().nullable().describe('The run of a workflow handler'),
    handlerRunId: z.string().nullable(),
    handlerVersion: z.int().nullable(),
    temporalUrl: z
      .string()
      .nullable()
      .describe('The run in the Temporal UI, for holders of operations.read'),
  })
  .meta({ id: 'Delivery' });
export type DeliveryView = z.output<typeof deliverySchema>;

/** A page of deliveries. `page`, `limit` and `total` come with requests that name a page. */
export const deliveryListSchema = z.strictObject({
  data: z.array(deliverySummarySchema),
  nextCursor: z.string().nullable(),
  hasMore: z.boolean(),
  page: z.int().optional(),
  limit: z.int().optional(),
  total: z.int().optional(),
});

export const testRequestSchema = z
  .strictObject({
    body: z.unknown().optional().describe('Any JSON; null when absent'),
    headers: z.record(z.string().max(128), z.string().max(8_192)).optional(),
    query: z.record(z.string().max(128), z.string().max(8_192)).optional(),
  })
  .meta({ id: 'TestRequest' });
