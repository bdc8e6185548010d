import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { BuiltInWorkflowId } from '../../shared/domain/built-in-workflow.ts';
import type { WorkflowDescription } from '../../shared/domain/handler-workflow.ts';
import { headSchema } from '../../shared/events/sources/card-program-payload.ts';
import { mapCardProgram, type KnownOfReport } from '../../shared/events/sources/card-program.ts';
import { cardViewSchema, mapCardView } from '../../shared/events/sources/card-views.ts';
import { mapEmailEvent } from '../../shared/events/sources/email-events.ts';
import { present, type SourceVerdict } from '../../shared/events/sources/source-event.ts';
import { inboxMessageSchema, mapInboxMessage, type InboxMessage } from './inbox-message.ts';
import { mapReceipt, type ReceiptReport } from './receipt-report.ts';

/**
 * What a report stands for: events of its own, the receipt that an earlier event waits for, or a message
 * of a conversation.
 */
export type SourceReading =
  SourceVerdict | { readonly receipt: ReceiptReport } | { readonly message: InboxMessage };

/** Reads the report of another system. */
export type ReadReport = (body: unknown) => SourceReading;

/** What may stand in a report of a card program beside it, from whoever passes it on. */
const knownSchema = z.object({
  known: z
    .object({
      declinedReason: z.string().min(1).optional(),
      isAuthorized: z.boolean().optional(),
      credentialId: z.string().min(1).optional(),
    })
    .describe('What the program itself does not say')
    .optional(),
});

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

function readCardProgram(body: unknown): SourceReading {
  const receipt = mapReceipt(body);
  if (receipt !== undefined) return receipt;
  const parsed = knownSchema.safeParse(body);
  if (!parsed.success) {
    return { refused: { field: '/known', message: 'This is not what may be known of a report.' } };
  }
  return mapCardProgram(body, present(parsed.data.known ?? {}) as KnownOfReport);
}

/** How the reports of each source are read. */
export const reportReaders: Readonly<Record<BuiltInWorkflowId, ReadReport>> = {
  'card-program': readCardProgram,
  'card-views': mapCardView,
  'conversation-inbox': mapInboxMessage,
  'email-events': (body) => mapEmailEvent(body, sha256),
};

const mailReport = z.looseObject({
  event: z.string().describe('For example email.received'),
  message_id: z.string().describe('The same message and event are one event'),
  agent: z.looseObject({ id: z.string() }).describe('Whose mail it is'),
});

const describe = (
  id: BuiltInWorkflowId,
  title: string,
  description: string,
  input: z.ZodType,
): WorkflowDescription => ({
  id,
  version: 1,
  title,
  description,
  inputSchema: z.toJSONSchema(input, { io: 'input' }),
});

/** What pickers and documents show of the built-in workflows, by id. */
export const builtInWorkflows: readonly WorkflowDescription[] = [
  describe(
    'card-program',
    'Card program',
    'Turns reports of a card program into transaction, card and user events, and gives them the receipts that they wait for.',
    headSchema.extend(knownSchema.shape),
  ),
  describe(
    'card-views',
    'Card views',
    'Turns views of cards and profiles into card.viewed events; views by the owner are none.',
    cardViewSchema,
  ),
  describe(
    'conversation-inbox',
    'Conversation inbox',
    'Brings what visitors write elsewhere into conversations: finds or makes the visitor and the conversation, and records the message once.',
    inboxMessageSchema,
  ),
  describe(
    'email-events',
    'E-mail events',
    'Turns reports of a mail system into email events, one for each message and type.',
    mailReport,
  ),
];
