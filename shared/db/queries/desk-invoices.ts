import type { InvoiceStatus } from '../../domain/desk.ts';
import { makeDeskRead } from './desk-read.ts';
import { equals } from './resource-page.ts';

/** An invoice as the API shows it. */
export interface DeskInvoice {
  readonly id: string;
  readonly clientId: string;
  readonly number: string;
  readonly status: InvoiceStatus;
  /** Null unless it is paid. */
  readonly paidAt: Date | null;
  readonly paymentReference: string | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

interface InvoiceRow {
  id: string;
  client_id: string;
  number: string;
  status: InvoiceStatus;
  paid_at: Date | null;
  payment_reference: string | null;
  created_at: Date;
  updated_at: Date;
}

export interface DeskInvoiceFilter {
  readonly clientId: string | undefined;
  readonly status: InvoiceStatus | undefined;
}

/** Invoices of the tenant, last changed first. */
export const deskInvoices = makeDeskRead({
  source: {
    columns: `i.id, i.client_id, i.number, i.status, i.paid_at, i.payment_reference, i.created_at,
      i.updated_at`,
    from: 'invoices i',
    tenantColumn: 'i.tenant_id',
    idColumn: 'i.id',
    sortColumn: 'i.updated_at',
  },
  conditions: ({ clientId, status }: DeskInvoiceFilter) => [
    ...equals('i.client_id', 'uuid', clientId),
    ...equals('i.status', 'text', status),
  ],
  map: (row: InvoiceRow): DeskInvoice => ({
    id: row.id,
    clientId: row.client_id,
    number: row.number,
    status: row.status,
    paidAt: row.paid_at,
    paymentReference: row.payment_reference,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }),
});
