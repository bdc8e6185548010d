import { insertContact, updateContact } from '../../shared/db/queries/contacts.ts';
import { noSuchId, refusing } from './constraints.ts';
import { isRefusal, refuseValue, type ActionContext, type ActionRefusal } from './contract.ts';
import { defineAction, type FieldsOf } from './define-action.ts';
import { recordEvent, stillThere } from './effects.ts';
import { claim, resolveByEither, type Claim } from './external-ids.ts';
import { externalIdOf, externalId, flag, longText, ref, required, text } from './fields.ts';

const targetFields = [
  required(externalId("The sender's id of the contact")),
  required(text('full_name', 'Name')),
  required(text('email', 'E-mail address', 320)),
  ref('client_id', 'client', 'Client the contact belongs to'),
  externalIdOf(
    'client_external_id',
    'The same by external id; not looked at when `client_id` is mapped',
  ),
  text('role', 'What the contact does there'),
  longText('notes', 'Notes'),
  text('phone', 'Telephone number', 64),
  flag('is_inactive', 'Whether the contact is inactive; a new one is active when absent'),
] as const;

const refusals = {
  contacts_tenant_id_client_id_fkey: noSuchId('client_id'),
  contacts_email: { field: 'email', reason: 'Another contact has this e-mail address.' },
};

/** Creates a contact or changes what is mapped of it (S-028). */
export const upsertContactByExternalId = defineAction({
  name: 'upsertContactByExternalId',
  entityType: 'contact',
  displayName: 'Create or update contact',
  description: 'Creates the contact with an external id, or changes its mapped fields.',
  targetFields,
  behavior: [
    'A new contact needs `client_id`, or a `client_external_id` that the hook knows.',
    'On an update, a field that the mapping does not yield stays as it is.',
    'Within a tenant an e-mail address belongs to one contact, whatever its case.',
  ],
  metadata: { created: 'whether the contact is new' },
  events: ['contact.created', 'contact.updated'],
  async handle(context, fields) {
    if (!/^[^\s@]+@[^\s@]+$/.test(fields.email)) {
      return refuseValue('email', 'This is not an e-mail address.');
    }
    const { client_id, client_external_id } = fields;
    const clientId = await resolveByEither(context, 'client', client_id, client_external_id);
    if (isRefusal(clientId)) return clientId;
    const claimed = await claim(context, 'contact', fields.external_id);
    const owner = await refusing(refusals, () => save(context, claimed, fields, clientId));
    if (isRefusal(owner)) return owner;
    await recordEvent(context, {
      type: claimed.isNew ? 'contact.created' : 'contact.updated',
      objectType: 'contact',
      objectId: claimed.entityId,
      data: { clientId: owner },
    });
    return {
      entityId: claimed.entityId,
      externalId: fields.external_id,
      message: `Contact ${claimed.isNew ? 'created' : 'updated'}.`,
      metadata: { created: claimed.isNew },
    };
  },
});

/** Stores the contact and returns the client it belongs to. */
async function save(
  { tx }: ActionContext,
  { entityId, isNew }: Claim,
  fields: FieldsOf<typeof targetFields>,
  clientId: string | undefined,
): Promise<string | ActionRefusal> {
  const { full_name: fullName, is_inactive: isInactive, email, role, notes, phone } = fields;
  const contact = { fullName, email, clientId, role, notes, phone, isInactive };
  if (!isNew) return stillThere(await updateContact(tx, entityId, contact));
  if (clientId === undefined) {
    return refuseValue('client_id', 'A new contact needs client_id or client_external_id.');
  }
  await insertContact(tx, entityId, { ...contact, clientId });
  return clientId;
}
