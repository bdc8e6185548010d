import { z } from 'zod';
import { languageLevels } from '../domain/language-level.ts';
import { authConfigSchema, authTypes, directActionConfigSchema } from './hook.ts';

export const previewRequestSchema = z
  .strictObject({
    handlerConfig: directActionConfigSchema
      .optional()
      .describe('A mapping to try; the saved one when absent'),
    languageLevel: z.enum(languageLevels).optional(),
    samples: z.array(z.unknown()).max(20).optional().describe('Bodies to try it on'),
    deliveryIds: z.array(z.string().max(64)).max(20).optional().describe('Stored deliveries'),
    last: z
      .int()
      .min(1)
      .max(20)
      .optional()
      .describe('The last deliveries of the hook. With nothing to try it on: the captured sample'),
  })
  .meta({ id: 'PreviewRequest' });

export const previewSchema = z
  .strictObject({
    of: z.string().describe('`sample`, `samples/0` … or the id of a delivery'),
    wouldDispatch: z.boolean(),
    fields: z.array(
      z.strictObject({
        field: z.string(),
        value: z.unknown().optional().describe('Absent where the mapping yields nothing'),
        error: z.string().optional(),
      }),
    ),
    missing: z.array(z.string()).describe('Required fields that were not made'),
  })
  .meta({ id: 'MappingPreview' });

const samplePathSchema = z
  .strictObject({
    path: z.string().describe('An expression that yields this value'),
    label: z.string(),
    kind: z.enum(['object', 'array', 'string', 'number', 'boolean', 'null']),
    example: z.string().optional().describe('In short; redacted where the key names a secret'),
    get children() {
      return z.array(samplePathSchema);
    },
  })
  .meta({ id: 'SamplePath' });

export const sampleTreeSchema = z
  .strictObject({
    paths: z.array(samplePathSchema),
    isComplete: z.boolean().describe('False when the sample holds more than is shown'),
  })
  .meta({ id: 'SampleTree' });
export type SampleTreeView = z.output<typeof sampleTreeSchema>;

export const verifyRequestSchema = z
  .strictObject({
    authType: z.enum(authTypes).optional(),
    authConfig: authConfigSchema.optional(),
    secret: z.string().min(1).max(8_192).optional().describe('A candidate secret'),
    secrets: z.record(z.string(), z.string().min(1).max(8_192)).optional(),
  })
  .meta({ id: 'VerifyRequest' });

export const verificationSchema = z
  .strictObject({
    ok: z.boolean(),
    refusal: z.string().nullable().describe('What the delivery would have been refused as'),
    transcript: z
      .array(z.record(z.string(), z.unknown()))
      .describe('What each check found; never a secret'),
    findings: z
      .array(z.record(z.string(), z.unknown()))
      .describe('What is wrong, and what would verify instead'),
    notes: z.array(z.string()).describe('What cannot be judged from what is stored'),
  })
  .meta({ id: 'Verification' });
