import { z } from 'zod';

/** Where the idempotency key of a delivery comes from (S-015). */
export const idempotencySourceSchema = z.strictObject({
  type: z.enum(['header', 'jsonata']),
  value: z.string().min(1).max(8_192),
});
export type IdempotencySource = z.infer<typeof idempotencySourceSchema>;

/** The public part of how a hook proves its sender; the secrets are stored apart, sealed. */
export const hmacAuthConfigSchema = z.strictObject({
  signatureHeader: z
    .string()
    .regex(/^[A-Za-z0-9-]{1,128}$/)
    .transform((name) => name.toLowerCase()),
});
export type HmacAuthConfig = z.infer<typeof hmacAuthConfigSchema>;

/** Runs one action of the catalogue with fields that JSONata takes from the body. */
export const directActionConfigSchema = z.strictObject({
  action: z.string().min(1),
  mapping: z.record(z.string(), z.string().max(8_192)),
});
export type DirectActionConfig = z.infer<typeof directActionConfigSchema>;
