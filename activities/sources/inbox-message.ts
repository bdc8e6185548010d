import { z } from 'zod';
import { countCharacters } from '../../shared/domain/characters.ts';
import {
  conversationChannels,
  type ConversationChannel,
} from '../../shared/domain/conversation.ts';
import { isStorableText } from '../../shared/domain/storable-text.ts';
import { issuesOf } from '../../shared/events/issues.ts';
import { present, type SourceVerdict } from '../../shared/events/sources/source-event.ts';
import { messageContentSchema } from '../../shared/schemas/conversation-api.ts';
import { attributesSchema } from '../../shared/schemas/resource-api.ts';
import type { VisitorValues } from '../../shared/db/queries/visitors.ts';

/** What somebody wrote, as another system reports it. */
export interface InboxMessage {
  /** The other system's id of the conversation; the rest counts for the first message of it. */
  readonly conversation: {
    readonly externalId: string;
    readonly channel: ConversationChannel;
    readonly subject: string | null;
  };
  readonly visitor: ReportedVisitor;
  readonly content: string;
  /** The other system's id of the message; undefined when it has none. */
  readonly messageId: string | undefined;
}

export interface ReportedVisitor {
  /**
   * By what the hook knows the visitor: the id that the other system has for them, else their address.
   * Undefined for somebody unknown, who is then the visitor of the conversation.
   */
  readonly key: string | undefined;
  /** What is said of them; what is not said is absent. */
  readonly values: Partial<VisitorValues>;
}

const isShort = (charactersMax: number) => (text: string) =>
  isStorableText(text) && countCharacters(text) <= charactersMax;

const idSchema = (of: string) =>
  z
    .string()
    .min(1)
    .refine(isShort(200), 'At most 200 characters, without NUL and half ones.')
    .describe(`Id of ${of} in the other system`);

/** A text that a source may leave out, give as null, or give with nothing in it. */
const optionalText = (charactersMax: number) =>
  z
    .string()
    .trim()
    .refine(
      isShort(charactersMax),
      `At most ${charactersMax} characters, without NUL and half ones.`,
    )
    .nullish();

export const inboxMessageSchema = z.object({
  conversationId: idSchema('the conversation'),
  channel: z.enum(conversationChannels).nullish().describe('chat when absent'),
  subject: optionalText(500),
  visitor: z
    .object({
      externalUserId: optionalText(255).describe('Id of the visitor in the other system'),
      email: z.union([z.literal(''), z.email().max(320)]).nullish(),
      name: optionalText(255),
      customAttributes: attributesSchema.nullish().describe('Added to those that are known'),
    })
    .nullish()
    .describe('Who wrote; absent for somebody unknown'),
  content: messageContentSchema,
  messageId: idSchema('the message').nullish().describe('The same id twice is one message'),
});

/** Reads what somebody wrote, or refuses it at the first member that is not as documented. */
export function mapInboxMessage(
  body: unknown,
): { readonly message: InboxMessage } | Extract<SourceVerdict, { refused: unknown }> {
  const parsed = inboxMessageSchema.safeParse(body);
  if (parsed.success) return { message: messageOf(parsed.data) };
  const [{ pointer, message }] = issuesOf(parsed.error);
  return { refused: { field: pointer, message } };
}

function messageOf(report: z.output<typeof inboxMessageSchema>): InboxMessage {
  const { conversationId, channel, subject, content, messageId } = report;
  return {
    conversation: {
      externalId: conversationId,
      channel: channel ?? 'chat',
      subject: saidIn(subject) ?? null,
    },
    visitor: visitorOf(report.visitor ?? {}),
    content,
    messageId: messageId ?? undefined,
  };
}

function visitorOf(
  reported: NonNullable<z.output<typeof inboxMessageSchema>['visitor']>,
): ReportedVisitor {
  const externalUserId = saidIn(reported.externalUserId);
  const email = saidIn(reported.email);
  const name = saidIn(reported.name);
  const customAttributes = reported.customAttributes ?? undefined;
  return {
    key: keyOf(externalUserId, email),
    values: present({ externalUserId, email, name, customAttributes }),
  };
}

/** The kind is part of the key: an id may look like an address. Addresses are alike in either case. */
function keyOf(externalUserId: string | undefined, email: string | undefined): string | undefined {
  if (externalUserId !== undefined) return `user:${externalUserId}`;
  return email === undefined ? undefined : `email:${email.toLowerCase()}`;
}

const saidIn = (text: string | null | undefined): string | undefined =>
  text === null || text === '' ? undefined : text;
