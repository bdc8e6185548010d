import { invoiceStatuses } from '../../shared/domain/desk.ts';
import { defineAction } from './define-action.ts';
import { choice, externalId, required } from './fields.ts';
import { applyInvoiceStatus, invoiceMetadata } from './set-invoice-status.ts';

/** Sets the status of an invoice (S-030). */
export const updateInvoiceStatusByExternalId = defineAction({
  name: 'updateInvoiceStatusByExternalId',
  entityType: 'invoice',
  displayName: 'Update invoice status',
  description: 'Sets the status of the invoice with an external id.',
  targetFields: [
    required(externalId('External id of the invoice')),
    required(choice('status', invoiceStatuses, 'Status')),
  ],
  behavior: [
    'An invoice that has the status already is left alone.',
    'Made `paid` here, it counts as paid now; made anything else, it loses its payment date and reference.',
  ],
  metadata: invoiceMetadata,
  events: ['invoice.status_changed'],
  handle: (context, fields) => applyInvoiceStatus(context, fields.external_id, fields.status),
});
