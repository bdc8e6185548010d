import { z } from 'zod';
import { handlerIdSchema } from './handler-workflow.ts';
import { ipCheck } from './verifier-check.ts';
import { verifierSchema } from './verifier.ts';

/** Longest text of an expression (design: security.md section 4). */
const expressionLengthMax = 8_192;

/** Where the idempotency key of a delivery comes from (S-015). */
export const idempotencySourceSchema = z
  .strictObject({
    type: z.enum(['header', 'jsonata']),
    value: z
      .string()
      .min(1)
      .max(expressionLengthMax)
      .describe('The name of a header, or an expression on the body'),
  })
  .meta({ id: 'IdempotencySource' });
export type IdempotencySource = z.infer<typeof idempotencySourceSchema>;

// The public part of how a hook proves its sender; the secrets are stored apart, sealed. No member has
// a default here: what the union of them parses must come out as it went in.

const ipCidrsSchema = ipCheck.shape.cidrs;

const hmacAuthConfigSchema = z
  .strictObject({
    signatureHeader: z
      .string()
      .regex(/^[A-Za-z0-9-]{1,128}$/)
      .optional()
      .describe('X-Signature when absent'),
  })
  .meta({ id: 'HmacAuthConfig' });
const bearerAuthConfigSchema = z.strictObject({}).meta({ id: 'BearerAuthConfig' });
const ipAuthConfigSchema = z
  .strictObject({ ipCidrs: ipCidrsSchema.describe('Addresses and CIDR blocks, IPv4 and IPv6') })
  .meta({ id: 'IpAllowlistAuthConfig' });
const pathTokenAuthConfigSchema = z
  .strictObject({
    queryParam: z
      .string()
      .regex(/^[A-Za-z0-9_.-]{1,64}$/)
      .optional()
      .describe('token when absent'),
  })
  .meta({ id: 'PathTokenAuthConfig' });
const presetAuthConfigSchema = z
  .strictObject({
    preset: z.string().min(1).max(64).describe('The id of a preset, see GET …/verifiers'),
    publicUrl: z
      .url({ protocol: /^https?$/ })
      .max(2_048)
      .optional()
      .describe('The address the sender calls, where that is part of what it signs'),
    ipCidrs: ipCidrsSchema.optional().describe('Addresses the sender must come from as well'),
  })
  .meta({ id: 'PresetAuthConfig' });
export type PresetAuthConfig = z.infer<typeof presetAuthConfigSchema>;
const verifierAuthConfigSchema = z
  .strictObject({ verifier: verifierSchema })
  .meta({ id: 'VerifierAuthConfig' });

export const authTypes = [
  'hmac_sha256',
  'bearer',
  'ip_allowlist',
  'path_token',
  'verifier',
] as const;
export type AuthType = (typeof authTypes)[number];

/** The authentication of a hook. All types but `verifier` are short forms of one. */
export const hookAuthSchema = z.discriminatedUnion('authType', [
  z.strictObject({ authType: z.literal('hmac_sha256'), authConfig: hmacAuthConfigSchema }),
  z.strictObject({ authType: z.literal('bearer'), authConfig: bearerAuthConfigSchema }),
  z.strictObject({ authType: z.literal('ip_allowlist'), authConfig: ipAuthConfigSchema }),
  z.strictObject({ authType: z.literal('path_token'), authConfig: pathTokenAuthConfigSchema }),
  z.strictObject({
    authType: z.literal('verifier'),
    authConfig: z.union([presetAuthConfigSchema, verifierAuthConfigSchema]),
  }),
]);
export type HookAuth = z.infer<typeof hookAuthSchema>;

/** Any of the forms that an authentication's configuration can have. */
export const authConfigSchema = z.union([
  hmacAuthConfigSchema,
  bearerAuthConfigSchema,
  ipAuthConfigSchema,
  pathTokenAuthConfigSchema,
  presetAuthConfigSchema,
  verifierAuthConfigSchema,
]);

/** Runs one action of the catalogue with fields that JSONata takes from the body. */
export const directActionConfigSchema = z
  .strictObject({
    action: z.string().min(1).max(128),
    mapping: z
      .record(z.string().min(1).max(128), z.string().max(expressionLengthMax))
      .describe('Target field to expression'),
  })
  .meta({ id: 'DirectActionConfig' });
export type DirectActionConfig = z.infer<typeof directActionConfigSchema>;

/** Starts a registered workflow, which the tenant must have published. */
export const workflowHandlerConfigSchema = z
  .strictObject({ workflowId: handlerIdSchema })
  .meta({ id: 'WorkflowConfig' });

export const handlerTypes = ['direct_action', 'workflow'] as const;
/** What a hook runs for a delivery; `handlerConfig` is the one of its type. */
export type HandlerType = (typeof handlerTypes)[number];

/** What a hook does with an accepted request. */
export const hookHandlerSchema = z.discriminatedUnion('handlerType', [
  z.strictObject({
    handlerType: z.literal('direct_action'),
    handlerConfig: directActionConfigSchema,
  }),
  z.strictObject({
    handlerType: z.literal('workflow'),
    handlerConfig: workflowHandlerConfigSchema,
  }),
]);
export type HookHandler = z.infer<typeof hookHandlerSchema>;

export const handlerConfigSchema = z.union([directActionConfigSchema, workflowHandlerConfigSchema]);

export const responseModes = ['outcome', 'accepted'] as const;
export type ResponseMode = (typeof responseModes)[number];
