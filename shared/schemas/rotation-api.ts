import { z } from 'zod';
import { timestampSchema } from './common.ts';

const daySeconds = 86_400;

export const rotateEndpointSecretSchema = z
  .strictObject({
    graceSeconds: z
      .int()
      .min(0)
      .max(30 * daySeconds)
      .default(daySeconds)
      .describe('How long the old secret signs beside the new one; 0 ends it at once'),
    kind: z
      .enum(['whsec', 'hex', 'ed25519'])
      .optional()
      .describe('Kind of the new secret; what the signature profile draws when absent'),
  })
  .meta({ id: 'RotateEndpointSecret' });

export const rotatedEndpointSecretSchema = z
  .strictObject({
    signingSecret: z.string().describe('Shown this once'),
    publicKey: z.string().nullable().describe('Of an Ed25519 pair: what receivers verify with'),
    previousSecretExpiresAt: timestampSchema
      .nullable()
      .describe('Until when the old secret signs too; null when it stopped at once'),
  })
  .meta({ id: 'RotatedEndpointSecret' });

/** Where the secrets of an endpoint stand once its rotation has ended. */
export const endedRotationSchema = z
  .strictObject({
    secretPrefix: z.string().nullable().describe('How the secret that signs begins'),
    previousSecretExpiresAt: z.null(),
  })
  .meta({ id: 'EndedRotation' });
