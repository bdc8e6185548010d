import { makeDeskRead } from './desk-read.ts';
import { equals } from './resource-page.ts';

/** A client as the API shows it. */
export interface DeskClient {
  readonly id: string;
  readonly name: string;
  readonly clientType: 'company' | 'individual';
  readonly isInactive: boolean;
  readonly url: string | null;
  readonly phoneNo: string | null;
  readonly email: string | null;
  readonly address: string | null;
  readonly address2: string | null;
  readonly city: string | null;
  readonly state: string | null;
  readonly zip: string | null;
  readonly country: string | null;
  readonly defaultCurrencyCode: string | null;
  readonly notes: string | null;
  readonly properties: Readonly<Record<string, unknown>>;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

interface ClientRow {
  id: string;
  name: string;
  client_type: 'company' | 'individual';
  is_inactive: boolean;
  url: string | null;
  phone_no: string | null;
  email: string | null;
  address: string | null;
  address_2: string | null;
  city: string | null;
  state: string | null;
  zip: string | null;
  country: string | null;
  default_currency_code: string | null;
  notes: string | null;
  properties: Readonly<Record<string, unknown>>;
  created_at: Date;
  updated_at: Date;
}

export interface DeskClientFilter {
  readonly status: 'active' | 'inactive' | undefined;
}

/** Clients of the tenant, last changed first. */
export const deskClients = makeDeskRead({
  source: {
    columns: `c.id, c.name, c.client_type, c.is_inactive, c.url, c.phone_no, c.email, c.address,
      c.address_2, c.city, c.state, c.zip, c.country, c.default_currency_code, c.notes,
      c.properties, c.created_at, c.updated_at`,
    from: 'clients c',
    tenantColumn: 'c.tenant_id',
    idColumn: 'c.id',
    sortColumn: 'c.updated_at',
  },
  conditions: ({ status }: DeskClientFilter) =>
    equals('c.is_inactive', 'boolean', status && status === 'inactive'),
  map: (row: ClientRow): DeskClient => ({
    id: row.id,
    name: row.name,
    clientType: row.client_type,
    isInactive: row.is_inactive,
    url: row.url,
    phoneNo: row.phone_no,
    email: row.email,
    address: row.address,
    address2: row.address_2,
    city: row.city,
    state: row.state,
    zip: row.zip,
    country: row.country,
    defaultCurrencyCode: row.default_currency_code,
    notes: row.notes,
    properties: row.properties,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }),
});
