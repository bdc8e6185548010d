import { isRefusal } from './contract.ts';
import { defineAction } from './define-action.ts';
import { readOptionalTime } from './effects.ts';
import { externalId, required, text, time } from './fields.ts';
import { applyInvoiceStatus, invoiceMetadata } from './set-invoice-status.ts';

/** Marks an invoice as paid, once (S-030). */
export const markInvoicePaidByExternalId = defineAction({
  name: 'markInvoicePaidByExternalId',
  entityType: 'invoice',
  displayName: 'Mark invoice paid',
  description: 'Marks the invoice with an external id as paid.',
  targetFields: [
    required(externalId('External id of the invoice')),
    time('paid_at', 'When it was paid, now when absent'),
    text('payment_reference', 'What the payment is called where it was made'),
  ],
  behavior: ['An invoice that is paid already keeps its payment; nothing is written.'],
  metadata: invoiceMetadata,
  events: ['invoice.status_changed'],
  async handle(context, fields) {
    const paidAt = readOptionalTime('paid_at', fields.paid_at);
    if (isRefusal(paidAt)) return paidAt;
    const payment = { paidAt, reference: fields.payment_reference };
    return applyInvoiceStatus(context, fields.external_id, 'paid', payment);
  },
});
