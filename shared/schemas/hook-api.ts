import { z } from 'zod';
import { hookSlugFault } from '../domain/hook-slug.ts';
import { languageLevels } from '../domain/language-level.ts';
import { timestampSchema } from './common.ts';
import {
  authConfigSchema,
  authTypes,
  handlerConfigSchema,
  handlerTypes,
  idempotencySourceSchema,
  responseModes,
} from './hook.ts';

const slugSchema = z
  .string()
  .superRefine((slug, context) => {
    const fault = hookSlugFault(slug);
    if (fault !== undefined) context.addIssue({ code: 'custom', message: fault });
  })
  .describe('1 to 64 of a-z, 0-9 and inner hyphens: the last part of the address');

const secretSchema = z.string().min(1).max(8_192);
const slotSchema = z.string().regex(/^[a-z][a-z0-9_]{0,31}$/);

/** What an administrator can set on a hook. */
const settings = {
  name: z.string().trim().min(1).max(255),
  slug: slugSchema,
  description: z.string().max(2_000).nullable(),
  authType: z.enum(authTypes),
  authConfig: authConfigSchema.describe('In the form that authType names'),
  idempotencySource: idempotencySourceSchema.nullable(),
  idempotencyWindowSeconds: z
    .int()
    .min(1)
    .max(2_592_000)
    .describe('How long a key is remembered; 86400 when absent'),
  handlerType: z.enum(handlerTypes),
  handlerConfig: handlerConfigSchema.describe('In the form that handlerType names'),
  responseMode: z
    .enum(responseModes)
    .describe('Whether the sender is told the outcome, or only that the request was accepted'),
  languageLevel: z.enum(languageLevels).describe('How much of JSONata the expressions may use'),
  rateLimitPerMinute: z.int().min(1).max(60_000).describe('600 when absent'),
  bodyLimitBytes: z
    .int()
    .min(1_024)
    .max(5_242_880)
    .nullable()
    .describe('Largest body; null: the ceiling of the installation'),
  isActive: z.boolean(),
};

const secretMembers = {
  secret: secretSchema
    .optional()
    .describe('At least 16 characters; drawn when absent. The public key where the sender has one'),
  secrets: z
    .record(slotSchema, secretSchema)
    .optional()
    .describe('By slot, for a verifier that takes several'),
};

const required = { name: true, authType: true, handlerType: true, handlerConfig: true } as const;

export const newHookSchema = z
  .strictObject({ ...settings, ...secretMembers })
  .partial()
  .required(required)
  .meta({ id: 'NewHook' });
export type NewHookBody = z.output<typeof newHookSchema>;

export const hookChangeSchema = z
  .strictObject({ ...settings, ...secretMembers })
  .partial()
  .meta({ id: 'HookChange' });
export type HookChangeBody = z.output<typeof hookChangeSchema>;

const sampleSchema = z
  .strictObject({
    body: z.unknown(),
    headers: z.record(z.string(), z.string()),
    query: z.record(z.string(), z.unknown()),
    capturedAt: timestampSchema,
  })
  .meta({ id: 'Sample' });

export const hookSchema = z
  .strictObject({
    ...settings,
    id: z.string().describe('hook_ and 32 hexadecimal digits'),
    url: z.string().describe('Where the sender sends to'),
    slug: z.string(),
    samplePayload: sampleSchema
      .nullable()
      .describe('The captured sample; null without one, in lists, and for all but administrators'),
    sampleCaptureExpiresAt: timestampSchema
      .nullable()
      .describe('Until when the next verified body becomes the sample'),
    autoDisabledAt: timestampSchema.nullable(),
    secretSlots: z.array(z.string()).describe('The slots that hold a live secret'),
    warnings: z.array(z.string()).describe('What will keep deliveries from being dispatched'),
    createdBy: z.uuid().nullable(),
    createdAt: timestampSchema,
    updatedAt: timestampSchema,
  })
  .meta({ id: 'Hook' });
export type HookView = z.output<typeof hookSchema>;

/** The answer that shows a secret once. */
export const hookWithSecretSchema = z.strictObject({
  data: hookSchema,
  secret: z
    .string()
    .nullable()
    .describe(
      'Shown once; null when none was made: an address list has none, a public key is yours',
    ),
  secrets: z.record(slotSchema, z.string()).describe('All secrets that were made, by slot'),
});

export const rotateSecretSchema = z
  .strictObject({
    slot: slotSchema.optional(),
    secret: secretSchema.optional().describe('Drawn when absent'),
    graceSeconds: z
      .int()
      .min(0)
      .max(2_592_000)
      .default(0)
      .describe('How long the old secret stays valid beside the new one; 0: it stops at once'),
  })
  .meta({ id: 'RotateHookSecret' });
