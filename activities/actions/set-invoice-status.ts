import { lockInvoice, setInvoiceStatus, type Payment } from '../../shared/db/queries/invoices.ts';
import type { InvoiceStatus } from '../../shared/domain/desk.ts';
import {
  isRefusal,
  type ActionContext,
  type ActionRefusal,
  type ActionSuccess,
} from './contract.ts';
import { recordEvent, stillThere } from './effects.ts';
import { lookUp } from './external-ids.ts';

/** What the metadata of both invoice actions holds. */
export const invoiceMetadata = {
  previous_status: 'status before',
  status_changed: 'whether anything was written',
} as const;

/** Gives the invoice of an external id a status; an invoice that has it is not written (S-030). */
export async function applyInvoiceStatus(
  context: ActionContext,
  externalId: string,
  status: InvoiceStatus,
  payment?: Payment,
): Promise<
  | (ActionSuccess & { metadata: Readonly<Record<keyof typeof invoiceMetadata, unknown>> })
  | ActionRefusal
> {
  const id = await lookUp(context, 'invoice', externalId);
  if (isRefusal(id)) return id;
  const before = stillThere(await lockInvoice(context.tx, id));
  const isChanged = before.status !== status;
  if (isChanged) {
    await setInvoiceStatus(context.tx, id, status, payment);
    await recordEvent(context, {
      type: 'invoice.status_changed',
      objectType: 'invoice',
      objectId: id,
      data: { clientId: before.clientId, previousStatus: before.status, status },
    });
  }
  return {
    entityId: id,
    externalId,
    message: isChanged ? `Invoice is now ${status}.` : `Invoice was ${status} already.`,
    metadata: { previous_status: before.status, status_changed: isChanged },
  };
}
