import { insertTicket, linkAffectedAsset } from '../../shared/db/queries/tickets.ts';
import { tellTicketCreated } from '../../shared/support/tickets.ts';
import { noSuchId, refusing } from './constraints.ts';
import { isRefusal, refuseValue, type ActionContext, type ActionRefusal } from './contract.ts';
import { defineAction } from './define-action.ts';
import { readOptionalTime } from './effects.ts';
import { named, newEntityId } from './external-ids.ts';
import { externalId, ref, required } from './fields.ts';
import { ticketFields, ticketRefusals, toTicketValues } from './ticket-fields.ts';

/** Creates a ticket, and ties it to an external id in the same transaction (S-024). */
export const createTicket = defineAction({
  name: 'createTicket',
  entityType: 'ticket',
  displayName: 'Create ticket',
  description: 'Creates a ticket on a board, for a client.',
  targetFields: [
    required(ticketFields.title),
    required(ticketFields.client_id),
    required(ticketFields.board_id),
    required(ticketFields.priority_id),
    ticketFields.description,
    ticketFields.due_date,
    externalId("The sender's id, for later updates through the same hook"),
    ticketFields.status_id,
    ticketFields.assigned_to,
    ticketFields.assigned_team_id,
    ticketFields.category_id,
    ticketFields.subcategory_id,
    ticketFields.contact_id,
    ticketFields.location_id,
    ref('asset_id', 'asset', 'Asset that is affected'),
    ticketFields.attributes,
  ],
  behavior: [
    'Without `status_id` the ticket gets the first open status of its board.',
    'Source is `webhook` and origin `api`; `delivery_id` and `webhook_slug` are added to the attributes.',
    '`asset_id` links the asset to the ticket as `affected`.',
    'An `external_id` that already stands for a ticket of this hook is refused.',
  ],
  metadata: { ticket_number: 'number of the ticket, counted by tenant' },
  events: ['ticket.created'],
  async handle(context, fields) {
    const dueDate = readOptionalTime('due_date', fields.due_date);
    if (isRefusal(dueDate)) return dueDate;
    const { client_id: clientId, board_id: boardId, priority_id: priorityId } = fields;
    const id = await newEntityId(context, 'ticket', fields.external_id);
    if (isRefusal(id)) return id;
    const origin = { delivery_id: context.deliveryId, webhook_slug: context.hookSlug };
    const attributes = { ...fields.attributes, ...origin };
    const ticket = { ...toTicketValues(fields, dueDate), clientId, boardId, priorityId };
    const made = await refusing(ticketRefusals(fields), () =>
      insertTicket(context.tx, id, { ...ticket, title: fields.title, attributes }),
    );
    if (made === undefined) {
      return refuseValue('board_id', 'There is no such board, or it has no open status.');
    }
    if (isRefusal(made)) return made;
    const unlinked = await linkAsset(context, id, fields.asset_id);
    if (unlinked) return unlinked;
    const { number, statusId } = made;
    const place = { number, clientId, boardId, statusId, priorityId };
    await tellTicketCreated(context.tx, made, context, place);
    return {
      entityId: id,
      ...named(fields.external_id),
      message: `Ticket ${number} created.`,
      metadata: { ticket_number: number },
    };
  },
});

const assetRefusals = { ticket_assets_tenant_id_asset_id_fkey: noSuchId('asset_id') };

/** Links the affected asset, if there is one; returns the refusal of one that does not exist. */
async function linkAsset(
  { tx }: ActionContext,
  ticketId: string,
  assetId: string | undefined,
): Promise<ActionRefusal | undefined> {
  if (assetId === undefined) return undefined;
  const linked = await refusing(assetRefusals, () => linkAffectedAsset(tx, ticketId, assetId));
  return isRefusal(linked) ? linked : undefined;
}
