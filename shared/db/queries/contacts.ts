import type { TenantTx } from '../tenant.ts';

/** What a contact holds. Undefined is null on a new contact, and "as it is" in an update. */
export interface ContactValues {
  readonly fullName: string;
  readonly email: string;
  readonly clientId: string | undefined;
  readonly role: string | undefined;
  readonly notes: string | undefined;
  readonly phone: string | undefined;
  readonly isInactive: boolean | undefined;
}

/** The parameters $1 to $9 of both statements that write a contact. */
function parameters(tx: TenantTx, id: string, contact: ContactValues): unknown[] {
  return [
    tx.tenantId,
    id,
    contact.fullName,
    contact.email,
    contact.clientId,
    contact.role,
    contact.notes,
    contact.phone,
    contact.isInactive,
  ];
}

export async function insertContact(
  tx: TenantTx,
  id: string,
  contact: ContactValues & { readonly clientId: string },
): Promise<void> {
  await tx.query({
    name: 'insert_contact',
    text: `
      insert into contacts (tenant_id, id, full_name, email, client_id, role, notes, phone,
        is_inactive)
      values ($1::uuid, $2::uuid, $3::text, $4::text, $5::uuid, $6::text, $7::text, $8::text,
        coalesce($9::boolean, false))`,
    values: parameters(tx, id, contact),
  });
}

/**
 * Changes what is given of a contact and leaves the rest (S-028). Returns the client it belongs to
 * now, or undefined when the contact is gone.
 */
export async function updateContact(
  tx: TenantTx,
  id: string,
  contact: ContactValues,
): Promise<string | undefined> {
  const { rows } = await tx.query<{ client_id: string }>({
    name: 'update_contact',
    text: `
      update contacts set
        full_name = $3::text,
        email = $4::text,
        client_id = coalesce($5::uuid, client_id),
        role = coalesce($6::text, role),
        notes = coalesce($7::text, notes),
        phone = coalesce($8::text, phone),
        is_inactive = coalesce($9::boolean, is_inactive),
        updated_at = clock_timestamp()
      where tenant_id = $1::uuid and id = $2::uuid
      returning client_id`,
    values: parameters(tx, id, contact),
  });
  return rows[0]?.client_id;
}
