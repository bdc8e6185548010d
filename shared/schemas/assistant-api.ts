import { z } from 'zod';
import { countCharacters } from '../domain/characters.ts';
import {
  assistantDefaults,
  assistantReasons,
  assistantStages,
  assistantStates,
  assistantTextMax,
} from '../domain/assistant.ts';
import { isStorableText } from '../domain/storable-text.ts';
import { timestampSchema } from './common.ts';
import { listQuery } from './resource-api.ts';

/** A text that may be empty, which then says nothing. */
const textSchema = z
  .string()
  .trim()
  .refine(isStorableText, 'NUL and half characters are not taken.')
  .refine(
    (text) => countCharacters(text) <= assistantTextMax,
    `At most ${assistantTextMax} characters.`,
  )
  .meta({ maxLength: assistantTextMax });

const { minimumConfidence, greeting, handOffText } = assistantDefaults;

export const assistantSchema = z
  .strictObject({
    enabled: z.boolean().describe('Whether it looks at what visitors write; false at first'),
    minimumConfidence: z
      .number()
      .describe(
        `What an answer needs, from 0 to 1; below, it hands off. ${minimumConfidence} at first`,
      ),
    greeting: z.string().describe('Before its first answer in a conversation; may be empty'),
    handOffText: z
      .string()
      .describe('What the visitor reads when it hands off; when empty they read nothing'),
  })
  .meta({ id: 'Assistant' });
export type AssistantView = z.output<typeof assistantSchema>;

export const assistantChangeSchema = z
  .strictObject({
    enabled: z.boolean().optional(),
    minimumConfidence: z.number().min(0).max(1).optional(),
    greeting: textSchema.optional().describe(`At first: ${greeting}`),
    handOffText: textSchema.optional().describe(`At first: ${handOffText}`),
  })
  .refine((change) => Object.keys(change).length > 0, 'There is nothing to change.')
  .meta({ id: 'AssistantChange' });

export const assistantRunsQuery = z.object({
  ...listQuery,
  conversationId: z.uuid().optional(),
  status: z.enum(assistantStates).optional(),
});

export const assistantRunSchema = z
  .strictObject({
    id: z.uuid().describe('The message that it was asked about'),
    workspaceId: z.uuid().describe('The tenant'),
    conversationId: z.uuid(),
    status: z.enum(assistantStates).describe('suppressed: somebody held the claim'),
    stage: z
      .enum(assistantStages)
      .nullable()
      .describe('At which look for a claim it ended, or persistence when it wrote'),
    reason: z.enum(assistantReasons).nullable(),
    reasonText: z.string().nullable().describe('The reason as a sentence'),
    confidence: z.number().nullable().describe('Of the best article that it found'),
    replyMessageId: z.uuid().nullable().describe('What it wrote'),
    articleIds: z.array(z.uuid()).describe('The articles that it answered from, the best first'),
    claimId: z.uuid().nullable().describe('The claim for which it kept silent'),
    createdAt: timestampSchema,
    updatedAt: timestampSchema,
    finishedAt: timestampSchema.nullable(),
  })
  .meta({ id: 'AssistantRun' });
export type AssistantRunView = z.output<typeof assistantRunSchema>;
