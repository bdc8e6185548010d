import { z } from 'zod';
import { timestampSchema } from './common.ts';

export const actionSchema = z
  .strictObject({
    name: z.string(),
    entityType: z.string(),
    displayName: z.string(),
    description: z.string(),
    targetFields: z.array(
      z.strictObject({
        name: z.string(),
        type: z.enum(['string', 'int', 'number', 'boolean', 'enum', 'json', 'ref']),
        required: z.boolean(),
        description: z.string(),
        enumValues: z.array(z.string()).optional(),
        refEntityType: z.string().optional(),
        lengthMax: z.int().optional().describe('Most characters of a string'),
      }),
    ),
  })
  .meta({ id: 'ActionDefinition' });

export const referenceOptionSchema = z
  .strictObject({
    id: z.uuid().describe('What a mapping holds'),
    label: z.string().describe('What a picker shows'),
  })
  .meta({ id: 'ReferenceOption' });

export const workflowSchema = z
  .strictObject({
    id: z.string(),
    version: z.int(),
    title: z.string(),
    description: z.string(),
    inputSchema: z.record(z.string(), z.unknown()).describe('JSON Schema of the body it takes'),
    isPublished: z.boolean().describe('Hooks of the tenant can select it'),
    publishedAt: timestampSchema.nullable(),
  })
  .meta({ id: 'WorkflowDefinition' });

/** What a workflow handler gets as its input (S-035). */
export const workflowEnvelopeSchema = z
  .strictObject({
    source: z.string().describe('Slug of the hook'),
    body: z.unknown(),
    headers: z.record(z.string(), z.string()),
    verified: z.literal(true),
    delivery_id: z.string(),
    idempotency_key: z.string().nullable(),
    received_at: timestampSchema,
  })
  .meta({ id: 'WorkflowWebhookEnvelope' });

const keySourceSchema = z.strictObject({ type: z.enum(['header', 'jsonata']), value: z.string() });

export const presetSchema = z
  .strictObject({
    id: z.string(),
    name: z.string(),
    sender: z.string(),
    verifier: z.record(z.string(), z.unknown()),
    secretLabel: z.string(),
    slots: z.array(
      z.strictObject({
        slot: z.string(),
        label: z.string(),
        isDrawn: z.boolean().describe('Ours to choose: drawn when none is given'),
      }),
    ),
    idempotency: keySourceSchema.nullable(),
    eventType: keySourceSchema.nullable(),
    hasHandshake: z.boolean(),
    retryNote: z.string(),
    setup: z.array(z.string()),
    notes: z.array(z.string()),
    docsUrl: z.string().optional(),
  })
  .meta({ id: 'VerifierPreset' });
