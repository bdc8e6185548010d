import { z } from 'zod';
import { scopes } from '../domain/scopes.ts';
import { isStorableText } from '../domain/storable-text.ts';
import { dataOf, listOf, momentSchema, timestampSchema } from './common.ts';

const textSchema = z
  .string()
  .trim()
  .min(1)
  .max(255)
  .refine(isStorableText, 'NUL and half characters are not taken.');

/** More than there are: a list with some of them twice is not refused. */
const namedScopesMax = 100;

/** Each scope that does not exist is named in the answer, whatever else the list has (S-105). */
const scopeSchema = z.enum(scopes, {
  error: ({ input }) =>
    `There is no scope ${(JSON.stringify(input) ?? 'without a name').slice(0, 100)}.`,
});

/** An automation credential as its administrators see it: never its secret or the hash of that. */
export const credentialSchema = z
  .strictObject({
    id: z.string().describe('cred_ and 32 hexadecimal digits'),
    name: z.string(),
    actorName: z.string().describe('Who speaks in messages and in the audit log'),
    secretPrefix: z.string().describe('The first 12 characters of the secret'),
    scopes: z.array(z.enum(scopes)),
    status: z
      .enum(['active', 'disabled', 'expired'])
      .describe('`disabled` also where it has expired as well'),
    expiresAt: timestampSchema.nullable(),
    lastUsedAt: timestampSchema.nullable().describe('To the minute'),
    createdBy: z.uuid().nullable().describe('A user of the tenant'),
    createdAt: timestampSchema,
  })
  .meta({ id: 'Credential' });
export type CredentialView = z.output<typeof credentialSchema>;

export const newCredentialSchema = z
  .strictObject({
    name: textSchema.describe('What it is for'),
    actorName: textSchema.describe('Who speaks in messages and in the audit log'),
    scopes: z
      .array(scopeSchema)
      .min(1, 'A credential has at least one scope.')
      .max(namedScopesMax)
      .describe('What it may do; cannot be changed later, and there is no wildcard'),
    expiresAt: momentSchema.nullish().describe('When it stops working; never when absent'),
  })
  .meta({ id: 'NewCredential' });

export const credentialListSchema = listOf(credentialSchema);
export const credentialAnswerSchema = dataOf(credentialSchema);

export const shownCredentialSchema = z.strictObject({
  data: credentialSchema,
  secret: z.string().describe('osk_ and 48 letters and digits. Shown once'),
});
