import { v7 as uuidv7 } from 'uuid';
import type { TenantTx } from '../tenant.ts';

/** What a client holds. Undefined is the default on a new client, and "as it is" in an update. */
export interface ClientValues {
  readonly name: string;
  readonly clientType: string | undefined;
  readonly url: string | undefined;
  readonly phoneNo: string | undefined;
  readonly email: string | undefined;
  readonly address: string | undefined;
  readonly address2: string | undefined;
  readonly city: string | undefined;
  readonly state: string | undefined;
  readonly zip: string | undefined;
  readonly country: string | undefined;
  readonly defaultCurrencyCode: string | undefined;
  readonly notes: string | undefined;
  readonly isInactive: boolean | undefined;
  readonly properties: Readonly<Record<string, unknown>> | undefined;
}

/** The parameters $1 to $17 of both statements that write a client. */
function parameters(tx: TenantTx, id: string, client: ClientValues): unknown[] {
  return [
    tx.tenantId,
    id,
    client.name,
    client.clientType,
    client.url,
    client.phoneNo,
    client.email,
    client.address,
    client.address2,
    client.city,
    client.state,
    client.zip,
    client.country,
    client.defaultCurrencyCode,
    client.notes,
    client.isInactive,
    client.properties && JSON.stringify(client.properties),
  ];
}

/** Stores a client with its billing profile, its default contract and its tax settings. */
export async function insertClient(tx: TenantTx, id: string, client: ClientValues): Promise<void> {
  await tx.query({
    name: 'insert_client',
    text: `
      with client as (
        insert into clients (tenant_id, id, name, client_type, url, phone_no, email, address,
          address_2, city, state, zip, country, default_currency_code, notes, is_inactive,
          properties)
        values ($1::uuid, $2::uuid, $3::text, coalesce($4::text, 'company'), $5::text, $6::text,
          $7::text, $8::text, $9::text, $10::text, $11::text, $12::text, $13::text, $14::text,
          $15::text, coalesce($16::boolean, false), coalesce($17::jsonb, '{}'))
        returning tenant_id, id
      ), billing_profile as (
        insert into client_billing_profiles (tenant_id, client_id)
        select tenant_id, id from client
      ), tax_settings as (
        insert into client_tax_settings (tenant_id, client_id)
        select tenant_id, id from client
      )
      insert into client_contracts (tenant_id, id, client_id, name, is_default)
      select tenant_id, $18::uuid, id, 'Default contract', true from client`,
    values: [...parameters(tx, id, client), uuidv7()],
  });
}

/**
 * Changes what is given of a client, merges its properties by key, and leaves the rest (S-027).
 * Says whether that made an active client inactive or the reverse; undefined when it is gone.
 */
export async function updateClient(
  tx: TenantTx,
  id: string,
  client: ClientValues,
): Promise<{ readonly isStatusChanged: boolean } | undefined> {
  const { rows } = await tx.query<{ is_status_changed: boolean }>({
    name: 'update_client',
    text: `
      with before as (
        select is_inactive from clients
        where tenant_id = $1::uuid and id = $2::uuid for no key update
      )
      update clients c set
        name = $3::text,
        client_type = coalesce($4::text, c.client_type),
        url = coalesce($5::text, c.url),
        phone_no = coalesce($6::text, c.phone_no),
        email = coalesce($7::text, c.email),
        address = coalesce($8::text, c.address),
        address_2 = coalesce($9::text, c.address_2),
        city = coalesce($10::text, c.city),
        state = coalesce($11::text, c.state),
        zip = coalesce($12::text, c.zip),
        country = coalesce($13::text, c.country),
        default_currency_code = coalesce($14::text, c.default_currency_code),
        notes = coalesce($15::text, c.notes),
        is_inactive = coalesce($16::boolean, c.is_inactive),
        properties = c.properties || coalesce($17::jsonb, '{}'),
        updated_at = clock_timestamp()
      from before
      where c.tenant_id = $1::uuid and c.id = $2::uuid
      returning c.is_inactive <> before.is_inactive as is_status_changed`,
    values: parameters(tx, id, client),
  });
  const [row] = rows;
  return row && { isStatusChanged: row.is_status_changed };
}

/** Makes a client active or inactive. False, and nothing written, when it is so already. */
export async function setClientInactive(
  tx: TenantTx,
  id: string,
  isInactive: boolean,
): Promise<boolean> {
  const { rowCount } = await tx.query({
    name: 'set_client_inactive',
    text: `
      update clients set is_inactive = $3::boolean, updated_at = clock_timestamp()
      where tenant_id = $1::uuid and id = $2::uuid and is_inactive <> $3::boolean`,
    values: [tx.tenantId, id, isInactive],
  });
  return rowCount === 1;
}
