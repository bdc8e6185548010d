import type { InvoiceStatus } from '../../domain/desk.ts';
import type { TenantTx } from '../tenant.ts';

export interface InvoiceState {
  readonly clientId: string;
  readonly status: InvoiceStatus;
}

/** Locks an invoice and returns its status, or undefined when it is gone. */
export async function lockInvoice(tx: TenantTx, id: string): Promise<InvoiceState | undefined> {
  const { rows } = await tx.query<{ client_id: string; status: InvoiceStatus }>({
    name: 'lock_invoice',
    text: `
      select client_id, status from invoices
      where tenant_id = $1::uuid and id = $2::uuid for no key update`,
    values: [tx.tenantId, id],
  });
  const [row] = rows;
  return row && { clientId: row.client_id, status: row.status };
}

export interface Payment {
  /** Now when undefined. */
  readonly paidAt: Date | undefined;
  readonly reference: string | undefined;
}

/** Sets the status of an invoice. The payment is stored while the status is `paid`, and else erased. */
export async function setInvoiceStatus(
  tx: TenantTx,
  id: string,
  status: InvoiceStatus,
  payment?: Payment,
): Promise<void> {
  await tx.query({
    name: 'set_invoice_status',
    text: `
      update invoices set
        status = $3::text,
        paid_at = case when $3::text = 'paid' then coalesce($4::timestamptz, now()) end,
        payment_reference = case when $3::text = 'paid' then $5::text end,
        updated_at = clock_timestamp()
      where tenant_id = $1::uuid and id = $2::uuid`,
    values: [tx.tenantId, id, status, payment?.paidAt, payment?.reference],
  });
}
