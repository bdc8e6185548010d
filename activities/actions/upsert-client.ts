import { insertClient, updateClient, type ClientValues } from '../../shared/db/queries/clients.ts';
import { refuseValue, type ActionContext } from './contract.ts';
import { defineAction, type FieldsOf } from './define-action.ts';
import { recordEvent, stillThere } from './effects.ts';
import { claim } from './external-ids.ts';
import { choice, externalId, flag, json, longText, required, text } from './fields.ts';
import { recordClientStatus } from './set-client-active.ts';

const targetFields = [
  required(externalId("The sender's id of the client")),
  required(text('client_name', 'Name')),
  choice('client_type', ['company', 'individual'], 'Kind; a new client is a company when absent'),
  text('url', 'Web address', 2_048),
  text('phone_no', 'Telephone number', 64),
  text('email', 'E-mail address', 320),
  text('address', 'First line of the address'),
  text('address_2', 'Second line of the address'),
  text('city', 'City'),
  text('state', 'State or region'),
  text('zip', 'Postal code', 32),
  text('country', 'Country'),
  text('default_currency_code', 'Currency: three letters, such as EUR', 3),
  longText('notes', 'Notes'),
  flag('is_inactive', 'Whether the client is inactive; a new one is active when absent'),
  json('properties', 'Further data'),
] as const;

/** Creates a client or changes what is mapped of it (S-027). */
export const upsertClientByExternalId = defineAction({
  name: 'upsertClientByExternalId',
  entityType: 'client',
  displayName: 'Create or update client',
  description: 'Creates the client with an external id, or changes its mapped fields.',
  targetFields,
  behavior: [
    'A new client comes with its billing profile, its default contract and its tax settings, in the same transaction.',
    'On an update, a field that the mapping does not yield stays as it is, and properties are merged by key.',
    'Any number of concurrent deliveries with one external id make one client.',
  ],
  metadata: { created: 'whether the client is new' },
  events: ['client.created', 'client.status_changed'],
  async handle(context, fields) {
    const currency = fields.default_currency_code?.toUpperCase();
    if (currency !== undefined && !/^[A-Z]{3}$/.test(currency)) {
      return refuseValue('default_currency_code', 'A currency has three letters, such as EUR.');
    }
    const { entityId, isNew } = await claim(context, 'client', fields.external_id);
    const client = toClientValues(fields, currency);
    if (isNew) await create(context, entityId, client);
    else await update(context, entityId, client);
    return {
      entityId,
      externalId: fields.external_id,
      message: `Client ${isNew ? 'created' : 'updated'}.`,
      metadata: { created: isNew },
    };
  },
});

async function create(context: ActionContext, id: string, client: ClientValues): Promise<void> {
  await insertClient(context.tx, id, client);
  await recordEvent(context, {
    type: 'client.created',
    objectType: 'client',
    objectId: id,
    data: { isInactive: client.isInactive ?? false },
  });
}

async function update(context: ActionContext, id: string, client: ClientValues): Promise<void> {
  const { isStatusChanged } = stillThere(await updateClient(context.tx, id, client));
  if (isStatusChanged) await recordClientStatus(context, id, client.isInactive === true);
}

function toClientValues(
  fields: FieldsOf<typeof targetFields>,
  defaultCurrencyCode: string | undefined,
): ClientValues {
  return {
    name: fields.client_name,
    clientType: fields.client_type,
    url: fields.url,
    phoneNo: fields.phone_no,
    email: fields.email,
    address: fields.address,
    address2: fields.address_2,
    city: fields.city,
    state: fields.state,
    zip: fields.zip,
    country: fields.country,
    defaultCurrencyCode,
    notes: fields.notes,
    isInactive: fields.is_inactive,
    properties: fields.properties,
  };
}
