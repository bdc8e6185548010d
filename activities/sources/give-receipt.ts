import { lockEventsOfObject } from '../../shared/db/queries/event-log.ts';
import type { TenantTx } from '../../shared/db/tenant.ts';
import { toWireId } from '../../shared/domain/ids.ts';
import type { FailedOutcome } from '../../shared/domain/outcome.ts';
import { publishReceipt } from '../../shared/outbound/publish-event.ts';
import type { ReceiptReport } from './receipt-report.ts';

export interface GivenReceipt {
  /** The event that got it, by its wire id. */
  readonly events: readonly string[];
  readonly ignored?: string;
}

/**
 * Gives a receipt to the event of a purchase that waits for it, the oldest if there are several. One
 * that an event has already is ignored; one whose event is not there yet fails, so that its sender
 * tries again (S-064).
 */
export async function giveReceipt(
  tx: TenantTx,
  { transactionId, eventType, receipt }: ReceiptReport,
): Promise<GivenReceipt | FailedOutcome> {
  const all = await lockEventsOfObject(tx, 'transaction', transactionId);
  const events = all.filter(({ type }) => eventType === undefined || type === eventType);
  const hash = receipt?.transactionHash;
  if (hash !== undefined && events.some((event) => event.receipt?.transactionHash === hash)) {
    return { events: [], ignored: 'An event has this receipt already.' };
  }
  const waiting = events.find(({ receiptState }) => receiptState === 'awaiting');
  if (waiting === undefined) {
    if (receipt === null && events.some(({ receiptState }) => receiptState === 'reverted')) {
      return { events: [], ignored: 'The event counts as reverted already.' };
    }
    const message = `No event of the transaction ${transactionId} awaits a receipt.`;
    return { status: 'failed', code: 'receipt_not_awaited', field: '/body/id', message };
  }
  await publishReceipt(tx, waiting.id, receipt);
  return { events: [toWireId('event', waiting.id)] };
}
