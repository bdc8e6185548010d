import { z } from 'zod';

const deliveryId = z.string().describe('ind_ and 32 hexadecimal digits');
const answer = (error: z.ZodType, description: string) =>
  z.strictObject({ delivery_id: deliveryId, error }).describe(description);

/** What the receiver answers, for the OpenAPI document (api.md, Receiver). */
const receiverAnswers = {
  200: z
    .strictObject({
      delivery_id: deliveryId,
      duplicate: z.literal(true).optional().describe('The key was used: nothing was dispatched'),
    })
    .describe('Accepted and durable'),
  400: answer(
    z.enum(['invalid_json', 'mapping_failed']),
    'The body is not JSON, or the mapping found too little in it. Kept, and can be replayed',
  ),
  401: z.undefined().describe('Not let in, whatever the reason. No body'),
  404: z.undefined().describe('The receiver of the tenant is switched off. No body'),
  413: z
    .strictObject({ error: z.literal('payload_too_large') })
    .describe('Larger than the hook takes. Not kept'),
  429: answer(z.literal('rate_limited'), 'Over the rate of the hook. Kept; see Retry-After'),
  500: answer(
    z.literal('dispatch_failed'),
    'The action or workflow refused it. The sender may repeat it',
  ),
  503: z
    .strictObject({ error: z.literal('unavailable') })
    .describe('Nothing was stored; repeat after Retry-After seconds'),
} as const;

const shared = {
  tags: ['Receiver'],
  params: z.object({
    tenantSlug: z.string().describe('12 hexadecimal digits'),
    webhookSlug: z.string().describe('Slug of the hook'),
  }),
} as const;

const receive = {
  ...shared,
  description:
    'The body is any JSON document, signed the way the hook asks for. `Prefer: respond-async` answers right after the commit.',
  response: receiverAnswers,
} as const;

/**
 * The receiver's methods. Documentation only: senders' bodies are bytes, and the answers are written
 * by the receiver itself. GET, and HEAD with it, is for handshakes alone; it never dispatches.
 */
export const receiverSchemas = {
  POST: { ...receive, operationId: 'receive', summary: 'Send an event to a hook' },
  PUT: { ...receive, operationId: 'receiveByPut', summary: 'The same by PUT' },
  PATCH: { ...receive, operationId: 'receiveByPatch', summary: 'The same by PATCH' },
  GET: {
    ...shared,
    operationId: 'answerHandshake',
    summary: 'Answer the handshake of a sender that makes one by GET',
    response: {
      200: z.string().describe('What the sender asked to hear'),
      404: z.undefined().describe('No handshake. No body'),
    },
  },
} as const;
