import { z } from 'zod';
import { isStorableText } from '../domain/storable-text.ts';
import { timestampSchema } from './common.ts';
import { attributesSchema } from './resource-api.ts';

const objectSchema = z.record(z.string(), z.unknown());

const visitorMembers = {
  id: z.uuid(),
  workspaceId: z.uuid().describe('The tenant'),
  email: z.string().nullable(),
  name: z.string().nullable(),
  externalUserId: z.string().nullable(),
  location: objectSchema.nullable(),
  customAttributes: objectSchema,
  firstSeenAt: timestampSchema,
  lastSeenAt: timestampSchema,
  createdAt: timestampSchema,
};

export const visitorSchema = z.strictObject(visitorMembers).meta({ id: 'Visitor' });
export const visitorDetailSchema = z
  .strictObject({
    ...visitorMembers,
    device: objectSchema.nullable(),
    identityVerified: z.boolean(),
  })
  .meta({ id: 'VisitorDetail' });

/** Filters by visitor, of the lists of visitors and conversations. */
export const visitorFilters = {
  email: z.string().max(320).optional(),
  externalUserId: z.string().max(255).optional(),
  'customAttribute.key': z
    .string()
    .min(1)
    .max(64)
    .optional()
    .describe('With customAttribute.value'),
  'customAttribute.value': z.string().max(1000).optional().describe('With customAttribute.key'),
} as const;

const nameSchema = z
  .string()
  .trim()
  .min(1)
  .max(255)
  .refine(isStorableText, 'NUL and half characters are not taken.');

const writable = {
  email: z.email().max(320).nullable(),
  name: nameSchema.nullable(),
  externalUserId: nameSchema.nullable(),
  customAttributes: attributesSchema,
};

export const newVisitorSchema = z.strictObject(writable).partial().meta({ id: 'NewVisitor' });
export const visitorChangeSchema = z
  .strictObject(writable)
  .partial()
  .extend({ visitorId: z.uuid() })
  .meta({ id: 'VisitorChange' });
