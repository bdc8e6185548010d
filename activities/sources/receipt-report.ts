import { z } from 'zod';
import { issuesOf } from '../../shared/events/issues.ts';
import type { SourceVerdict } from '../../shared/events/sources/source-event.ts';
import type { Receipt } from '../../shared/signing/outbound-event.ts';

/** What became of the operation that an event of a purchase waits for (S-064). */
export interface ReceiptReport {
  readonly transactionId: string;
  /** The type of the event that waits; the oldest that does when undefined. */
  readonly eventType: string | undefined;
  /** Null when the operation was reverted. */
  readonly receipt: Receipt | null;
}

const receiptSchema = z.object({
  blockNumber: z.int().nonnegative(),
  transactionHash: z.string().regex(/^0x[0-9a-fA-F]{1,128}$/),
});

const head = z.object({ resource: z.literal('transaction'), action: z.literal('receipt') });

const reportSchema = z.object({
  body: z
    .object({
      id: z.string().min(1).max(200),
      eventType: z.string().optional(),
      receipt: receiptSchema.optional(),
      reverted: z.literal(true).optional(),
    })
    .refine(
      ({ receipt, reverted }) => (receipt === undefined) !== (reverted === undefined),
      'One of receipt and reverted says what became of the operation.',
    ),
});

/**
 * Reads `{resource: 'transaction', action: 'receipt', body: {id, eventType?, receipt | reverted}}`;
 * undefined for any other report.
 */
export function mapReceipt(
  report: unknown,
): { readonly receipt: ReceiptReport } | Extract<SourceVerdict, { refused: unknown }> | undefined {
  if (!head.safeParse(report).success) return undefined;
  const parsed = reportSchema.safeParse(report);
  if (!parsed.success) {
    const [{ pointer, message }] = issuesOf(parsed.error);
    return { refused: { field: pointer, message } };
  }
  const { id, eventType, receipt } = parsed.data.body;
  return { receipt: { transactionId: id, eventType, receipt: receipt ?? null } };
}
