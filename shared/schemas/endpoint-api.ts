import { z } from 'zod';
import { endpointStatuses } from '../domain/outbound.ts';
import { customWaits, retryProfiles } from '../domain/retry.ts';
import { signatureProfiles } from '../domain/signature-profile.ts';
import { isStorableText } from '../domain/storable-text.ts';
import { endpointFilterSchema } from '../events/filters.ts';
import { timestampSchema } from './common.ts';

/** Bounds of what an endpoint may hold. */
export const endpointLimits = { eventUrls: 50, headers: 20 } as const;

export const endpointNameSchema = z
  .string()
  .regex(/^[a-z0-9-]{1,64}$/, 'A name is 1 to 64 of a-z, 0-9 and hyphens.');

const urlSchema = z
  .string()
  .min(1)
  .max(2_048)
  .describe('https, a name that resolves to public addresses only; no user name, no fragment');

const descriptionSchema = z
  .string()
  .max(200)
  .regex(/^[^\r\n]*$/, 'A description has no line breaks.')
  .refine(isStorableText, 'NUL and half characters are not taken.')
  .nullable();

const typeNameSchema = z.string().min(1).max(100);

const filters = endpointFilterSchema.shape;

/** What its owner sets on an endpoint. */
const settings = {
  name: endpointNameSchema,
  url: urlSchema,
  description: descriptionSchema,
  eventTypes: filters.eventTypes
    .unwrap()
    .describe('Names, or patterns as `ticket.*` and `*`; empty: all but those about deliveries'),
  resourceTypes: filters.resourceTypes.unwrap(),
  channels: filters.channels.unwrap(),
  aiWorkflowStates: filters.aiWorkflowStates.unwrap(),
  filters: filters.filters
    .unwrap()
    .describe('All kinds must match, each by one of its entries; absent or empty: all pass'),
  signatureProfile: z
    .enum(signatureProfiles)
    .describe('How body and headers are written and signed; `standard` when absent'),
  signatureHeader: z
    .string()
    .max(64)
    .nullable()
    .describe('Name of the header of `body_sha256` and `body_hex`; null: their own'),
  retryProfile: z.enum(retryProfiles).describe('`standard` when absent: 8 attempts over 29 hours'),
  retryWaitsMs: z
    .array(z.int().min(0).max(customWaits.waitMsMax))
    .max(customWaits.countMax)
    .nullable()
    .describe('The waits of the profile `custom`, in milliseconds, after each failed attempt'),
  timeoutMs: z.int().min(1_000).max(60_000).describe('For a whole attempt; 15000 when absent'),
  maxInFlight: z.int().min(1).max(100).describe('Attempts at once; 1 when absent'),
  ratePerMinute: z.int().min(1).max(60_000).describe('Attempts a minute; 100 when absent'),
};

const headerName = z.string().min(1).max(256);
const headerValue = z.string().max(4_096);

export const newEndpointSchema = z
  .strictObject({
    ...settings,
    eventUrls: z
      .record(typeNameSchema, urlSchema)
      .describe('By event type, in place of `url`; at most 50'),
    headers: z
      .record(headerName, headerValue)
      .describe('Sent with every delivery; at most 20. The values are never shown again'),
    signingSecret: z
      .string()
      .max(256)
      .describe('A secret that receivers know already: `whsec_…` or 64 hexadecimal digits'),
  })
  .partial()
  .required({ url: true })
  .meta({ id: 'NewEndpoint' });
export type NewEndpointBody = z.output<typeof newEndpointSchema>;

export const endpointChangeSchema = z
  .strictObject({
    ...settings,
    eventUrls: z
      .record(typeNameSchema, urlSchema.nullable())
      .describe('Only the types that are named change; null: `url` again'),
    headers: z
      .record(headerName, headerValue.nullable())
      .describe('Only the headers that are named change; null removes one'),
  })
  .partial()
  .meta({ id: 'EndpointChange' });
export type EndpointChangeBody = z.output<typeof endpointChangeSchema>;

const healthSchema = z
  .strictObject({
    failuresInARow: z.int().describe('Failed attempts since the last success'),
    failingSince: timestampSchema.nullable(),
    lastAttemptAt: timestampSchema.nullable(),
    lastDeliveredAt: timestampSchema.nullable(),
    lastDurationMs: z.int().nullable(),
  })
  .meta({ id: 'EndpointHealth' });

export const endpointSchema = z
  .strictObject({
    ...settings,
    id: z.string().describe('wh_ and 32 hexadecimal digits'),
    name: z.string(),
    eventUrls: z.record(z.string(), z.string()),
    isLoopback: z
      .boolean()
      .describe(
        'It leads to the machine of the installation itself, which development mode allows',
      ),
    eventTypes: z.array(z.string()),
    resourceTypes: z.array(z.string()),
    channels: z.array(z.string()),
    aiWorkflowStates: z.array(z.string()),
    filters: z.strictObject({
      owners: z.array(z.string()),
      conversations: z.array(z.string()),
      labels: z.array(z.string()),
    }),
    status: z.enum(endpointStatuses),
    disabledReason: z.string().nullable(),
    disabledAt: timestampSchema.nullable(),
    autoDisabledAt: timestampSchema
      .nullable()
      .describe('When it was disabled because its receiver failed or was gone'),
    signatureProfile: z.enum(signatureProfiles),
    headers: z.array(z.string()).describe('The names of its own headers'),
    secretPrefix: z.string().nullable().describe('How the current secret begins'),
    publicKey: z.string().nullable().describe('`whpk_…` where deliveries are signed with Ed25519'),
    previousSecretExpiresAt: timestampSchema
      .nullable()
      .describe('Until when the secret before signs too'),
    lastDeliveredAt: timestampSchema.nullable(),
    health: healthSchema,
    ownerUserId: z.uuid().nullable().describe('Where endpoints belong to users'),
    createdBy: z.uuid().nullable(),
    createdAt: timestampSchema,
    updatedAt: timestampSchema,
  })
  .meta({ id: 'Endpoint' });
export type EndpointView = z.output<typeof endpointSchema>;

export const createdEndpointSchema = z.strictObject({
  data: endpointSchema,
  signingSecret: z.string().describe('Shown once'),
});

export const changedEndpointSchema = z.strictObject({
  data: endpointSchema,
  signingSecret: z
    .string()
    .nullable()
    .describe('Only when the new profile needs a secret of another kind: shown once'),
});

export const endpointTestSchema = z
  .strictObject({
    event: typeNameSchema.optional().describe('`test.ping` when absent'),
    data: z
      .record(z.string(), z.unknown())
      .optional()
      .describe('The data of the event; the example of its type when absent'),
  })
  .meta({ id: 'EndpointTest' });

export const disableEndpointSchema = z
  .strictObject({ reason: z.string().trim().min(1).max(500).optional() })
  .meta({ id: 'DisableEndpoint' });
