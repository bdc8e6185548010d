import { makeDeskRead } from './desk-read.ts';
import { equals } from './resource-page.ts';

/** A contact as the API shows it. */
export interface DeskContact {
  readonly id: string;
  readonly clientId: string;
  readonly fullName: string;
  readonly email: string;
  readonly role: string | null;
  readonly phone: string | null;
  readonly isInactive: boolean;
  readonly notes: string | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

interface ContactRow {
  id: string;
  client_id: string;
  full_name: string;
  email: string;
  role: string | null;
  phone: string | null;
  is_inactive: boolean;
  notes: string | null;
  created_at: Date;
  updated_at: Date;
}

export interface DeskContactFilter {
  readonly clientId: string | undefined;
  /** Whatever its case. */
  readonly email: string | undefined;
  readonly status: 'active' | 'inactive' | undefined;
}

/** Contacts of the tenant, last changed first. */
export const deskContacts = makeDeskRead({
  source: {
    columns: `p.id, p.client_id, p.full_name, p.email, p.role, p.phone, p.is_inactive, p.notes,
      p.created_at, p.updated_at`,
    from: 'contacts p',
    tenantColumn: 'p.tenant_id',
    idColumn: 'p.id',
    sortColumn: 'p.updated_at',
  },
  conditions: ({ clientId, email, status }: DeskContactFilter) => [
    ...equals('p.client_id', 'uuid', clientId),
    ...equals('lower(p.email)', 'text', email?.toLowerCase()),
    ...equals('p.is_inactive', 'boolean', status && status === 'inactive'),
  ],
  map: (row: ContactRow): DeskContact => ({
    id: row.id,
    clientId: row.client_id,
    fullName: row.full_name,
    email: row.email,
    role: row.role,
    phone: row.phone,
    isInactive: row.is_inactive,
    notes: row.notes,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }),
});
