import { z } from 'zod';
import { timestampSchema } from './common.ts';

/** Forms of the two compatibility APIs, in the spellings of the systems that their clients know. */

const url = z.string().min(1).max(2_048);

/** URLs by event, in groups; `entry` is what stands for one. */
const groupsOf = <Entry extends z.ZodType>(entry: Entry) => ({
  transaction: z.object({ created: entry, updated: entry, completed: entry }).partial().optional(),
  card: z.object({ updated: entry }).partial().optional(),
  user: z.object({ updated: entry }).partial().optional(),
});

export const organizationWebhookSchema = z
  .object({ url: z.string(), ...groupsOf(z.string()) })
  .meta({ id: 'OrganizationWebhook' });
export type OrganizationWebhook = z.output<typeof organizationWebhookSchema>;

export const namedOrganizationWebhookSchema = organizationWebhookSchema
  .extend({ name: z.string() })
  .meta({ id: 'NamedOrganizationWebhook' });

export const createdOrganizationWebhookSchema = namedOrganizationWebhookSchema
  .extend({ secret: z.string().describe('Shown once: 64 hexadecimal digits') })
  .meta({ id: 'CreatedOrganizationWebhook' });

export const newOrganizationWebhookSchema = z
  .object({
    name: z.string().optional().describe('1 to 64 of a-z, 0-9 and hyphens; the path wins over it'),
    url,
    ...groupsOf(url),
  })
  .meta({ id: 'NewOrganizationWebhook' });
export type NewOrganizationWebhook = z.output<typeof newOrganizationWebhookSchema>;

export const organizationWebhookChangeSchema = z
  .object({ url: url.optional(), ...groupsOf(url.nullable()) })
  .meta({ id: 'OrganizationWebhookChange' });
export type OrganizationWebhookChange = z.output<typeof organizationWebhookChangeSchema>;

/** `legacy` and `message` come with a body that does not have the documented form. */
export const codedErrorSchema = z
  .strictObject({
    code: z.string(),
    legacy: z.string().optional(),
    message: z.array(z.string()).optional(),
  })
  .meta({ id: 'CodedError' });

export const userEventTypes = ['card.viewed', 'contact.saved'] as const;

export const newUserWebhookSchema = z
  .object({ url, events: z.array(z.enum(userEventTypes)).min(1).max(userEventTypes.length) })
  .meta({ id: 'NewUserWebhook' });

export const userWebhookSchema = z
  .strictObject({
    id: z.string(),
    url: z.string(),
    events: z.array(z.string()),
    isActive: z.boolean(),
    createdAt: timestampSchema,
  })
  .meta({ id: 'UserWebhook' });
export type UserWebhook = z.output<typeof userWebhookSchema>;

export const createdUserWebhookSchema = userWebhookSchema
  .extend({ secret: z.string().describe('Shown once: 64 hexadecimal digits') })
  .meta({ id: 'CreatedUserWebhook' });

export const rotatedUserWebhookSchema = z
  .strictObject({ id: z.string(), secret: z.string(), message: z.string() })
  .meta({ id: 'RotatedUserWebhook' });

const userDeliverySchema = z
  .strictObject({
    id: z.string(),
    endpointId: z.string(),
    eventType: z.string(),
    payload: z.unknown().describe('Null for all but administrators'),
    status: z.enum(['pending', 'success', 'failed']),
    responseCode: z.int().nullable(),
    attempts: z.int(),
    nextRetryAt: timestampSchema.nullable(),
    errorMessage: z.string().nullable(),
    deliveredAt: timestampSchema.nullable(),
    createdAt: timestampSchema,
    updatedAt: timestampSchema,
  })
  .meta({ id: 'UserWebhookDelivery' });
export type UserDelivery = z.output<typeof userDeliverySchema>;

export const userDeliveriesSchema = z
  .strictObject({
    data: z.array(userDeliverySchema),
    pagination: z.strictObject({
      page: z.int(),
      limit: z.int(),
      total: z.int(),
      totalPages: z.int(),
    }),
  })
  .meta({ id: 'UserWebhookDeliveries' });

export const plainErrorSchema = z
  .strictObject({
    error: z.string(),
    details: z.array(z.strictObject({ pointer: z.string(), message: z.string() })).optional(),
  })
  .meta({ id: 'PlainError' });
