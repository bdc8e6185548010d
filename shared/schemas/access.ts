import { z } from 'zod';
import { permissions, roles } from '../domain/permissions.ts';
import { timestampSchema } from './common.ts';

const roleSchema = z.enum(roles);
const permissionsSchema = z
  .array(z.enum(permissions))
  .max(permissions.length)
  .nullable()
  .describe("The member's own list, which replaces what the role allows; null: the role decides");
const nameSchema = z.string().trim().min(1).max(255);
const emailSchema = z.email().max(320);

export const userSchema = z
  .strictObject({
    id: z.uuid(),
    email: z.string(),
    name: z.string(),
    role: roleSchema,
    permissions: z.array(z.string()).nullable(),
    isActive: z.boolean(),
    createdAt: timestampSchema,
    updatedAt: timestampSchema,
  })
  .meta({ id: 'User' });

export const newUserSchema = z
  .strictObject({
    email: emailSchema,
    name: nameSchema,
    role: roleSchema,
    permissions: permissionsSchema.optional(),
  })
  .meta({ id: 'NewUser' });

export const userChangeSchema = z
  .strictObject({
    name: nameSchema,
    role: roleSchema,
    permissions: permissionsSchema,
    isActive: z.boolean(),
  })
  .partial()
  .meta({ id: 'UserChange' });

export const tokenSchema = z
  .strictObject({
    id: z.uuid(),
    userId: z.uuid(),
    name: z.string(),
    prefix: z.string().describe('The first 12 characters of the token'),
    expiresAt: timestampSchema.nullable(),
    lastUsedAt: timestampSchema.nullable().describe('To the minute'),
    createdAt: timestampSchema,
  })
  .meta({ id: 'Token' });

export const newTokenSchema = z
  .strictObject({
    name: nameSchema,
    userId: z.uuid().optional().describe('Another user of the tenant; needs members.manage'),
    expiresInDays: z.int().min(1).max(3_650).optional().describe('Never when absent'),
  })
  .meta({ id: 'NewToken' });

export const createdTokenSchema = z.strictObject({
  data: tokenSchema,
  token: z.string().describe('Shown once'),
});

export const meSchema = z
  .strictObject({
    tenant: z.strictObject({ id: z.uuid(), slug: z.string() }),
    user: z.strictObject({ id: z.uuid(), email: z.string(), name: z.string(), role: roleSchema }),
    permissions: z.array(z.enum(permissions)),
  })
  .meta({ id: 'Me' });

export const tenantSchema = z
  .strictObject({
    id: z.uuid(),
    slug: z.string(),
    name: z.string(),
    inboundEnabled: z.boolean().describe('While false the receiver answers 404 to everyone'),
    automationEnabled: z
      .boolean()
      .describe('While false no events are stored and automation keys are refused'),
    endpointOwnership: z
      .enum(['tenant', 'user'])
      .describe("Whether endpoints are the tenant's, or each user has their own, at most 5"),
    createdAt: timestampSchema,
  })
  .meta({ id: 'Tenant' });

export const newTenantSchema = z
  .strictObject({
    name: nameSchema,
    inboundEnabled: z.boolean().default(false),
    owner: z.strictObject({ email: emailSchema, name: nameSchema }),
  })
  .meta({ id: 'NewTenant' });

export const tenantChangeSchema = z
  .strictObject({
    name: nameSchema,
    inboundEnabled: z.boolean(),
    automationEnabled: z.boolean(),
    endpointOwnership: z.enum(['tenant', 'user']),
  })
  .partial()
  .meta({ id: 'TenantChange' });

export const createdTenantSchema = z.strictObject({
  data: tenantSchema,
  owner: userSchema,
  token: z.string().describe("A personal token of the owner's, shown once"),
});

export const auditEntrySchema = z
  .strictObject({
    id: z.uuid(),
    occurredAt: timestampSchema,
    actorType: z.enum(['user', 'operator', 'api', 'system']),
    actorId: z.uuid().nullable(),
    action: z.string(),
    resourceType: z.string(),
    resourceId: z.uuid().nullable(),
    details: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'AuditEntry' });
