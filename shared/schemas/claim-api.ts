import { z } from 'zod';
import { timestampSchema } from './common.ts';
import { textSchema } from './resource-api.ts';

const conversationId = z.uuid();
const claimId = z
  .uuid()
  .optional()
  .describe('The claim that the credential believes to hold; any live one of its own when absent');

export const newClaimSchema = z.strictObject({ conversationId }).meta({ id: 'NewClaim' });

export const claimSchema = z
  .strictObject({
    claimId: z.uuid(),
    renewed: z.boolean().describe('Whether the credential held it already'),
    fence: z
      .int()
      .describe('Its number among the claims of the conversation; later ones are larger'),
    expiresAt: timestampSchema.describe('When it ends, unless it is renewed or used to send'),
  })
  .meta({ id: 'Claim' });
export type ClaimView = z.output<typeof claimSchema>;

export const claimReleaseSchema = z
  .strictObject({ conversationId, claimId })
  .meta({ id: 'ClaimRelease' });

export const claimEscalationSchema = z
  .strictObject({
    conversationId,
    claimId,
    reason: textSchema(500).optional().describe('Why people are needed; a fixed text when absent'),
  })
  .meta({ id: 'ClaimEscalation' });

export const endedClaimSchema = z.strictObject({ success: z.literal(true) });

export const claimTakeOverSchema = z.strictObject({ conversationId }).meta({ id: 'ClaimTakeOver' });

export const takenOverSchema = z.strictObject({
  success: z.literal(true),
  ended: z.boolean().describe('False when no claim was live'),
});
