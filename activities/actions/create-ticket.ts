import { v7 as uuidv7 } from 'uuid';
import { isUuid } from '../../shared/domain/ids.ts';
import { databaseError } from '../../shared/db/pool.ts';
import { tieExternalId } from '../../shared/db/queries/external-entity-mappings.ts';
import { findDefaultStatus, insertTicket } from '../../shared/db/queries/service-desk.ts';
import { refuseValue, type Action, type ActionRefusal } from './contract.ts';

interface TicketFields {
  readonly title: string;
  readonly client_id: string;
  readonly board_id: string;
  readonly priority_id: string;
  readonly description?: string;
  readonly due_date?: string;
  readonly external_id?: string;
  readonly status_id?: string;
  readonly attributes?: unknown;
}

const references = ['client_id', 'board_id', 'priority_id', 'status_id'] as const;

/** Which field a violated foreign key of `tickets` speaks of. */
const fieldByConstraint: Readonly<Record<string, string>> = {
  tickets_tenant_id_client_id_fkey: 'client_id',
  tickets_tenant_id_board_id_fkey: 'board_id',
  tickets_tenant_id_board_id_status_id_fkey: 'status_id',
  tickets_tenant_id_priority_id_fkey: 'priority_id',
};

/** Creates a ticket, and ties it to an external id in the same transaction (S-024). */
export const createTicket: Action = {
  name: 'createTicket',
  entityType: 'ticket',
  displayName: 'Create ticket',
  description: 'Creates a ticket on a board, for a client.',
  targetFields: [
    { name: 'title', type: 'string', required: true, description: 'Subject line' },
    ref('client_id', 'client', true, 'Client the ticket is for'),
    ref('board_id', 'board', true, 'Board the ticket is put on'),
    ref('priority_id', 'ticket_priority', true, 'Priority'),
    { name: 'description', type: 'string', required: false, description: 'Text of the ticket' },
    { name: 'due_date', type: 'string', required: false, description: 'ISO 8601 date or time' },
    {
      name: 'external_id',
      type: 'string',
      required: false,
      description: "The sender's id, for later updates through the same hook",
    },
    ref('status_id', 'ticket_status', false, "Status; the board's first open one when absent"),
    { name: 'attributes', type: 'json', required: false, description: 'Further data, an object' },
  ],
  async handle(context, mapped) {
    const fields = mapped as unknown as TicketFields;
    const refused = checkFields(fields);
    if (refused) return refused;
    const statusId = fields.status_id ?? (await findDefaultStatus(context.tx, fields.board_id));
    if (statusId === undefined) {
      return refuseValue('board_id', 'There is no such board, or it has no open status.');
    }
    const id = uuidv7();
    let number: number;
    try {
      number = await insertTicket(context.tx, {
        id,
        title: fields.title,
        description: fields.description ?? null,
        clientId: fields.client_id,
        boardId: fields.board_id,
        statusId,
        priorityId: fields.priority_id,
        dueDate: fields.due_date === undefined ? null : new Date(fields.due_date),
        attributes: {
          ...(fields.attributes as Record<string, unknown> | undefined),
          delivery_id: context.deliveryId,
          webhook_slug: context.hookSlug,
        },
      });
    } catch (error) {
      return unknownReference(error);
    }
    if (fields.external_id !== undefined) {
      const isTied = await tieExternalId(context.tx, {
        hookSlug: context.hookSlug,
        entityType: 'ticket',
        externalId: fields.external_id,
        entityId: id,
      });
      if (!isTied) {
        return refuseValue('external_id', 'This external id already stands for another ticket.');
      }
    }
    return {
      entityId: id,
      ...(fields.external_id === undefined ? {} : { externalId: fields.external_id }),
      message: `Ticket ${number} created.`,
      metadata: { ticket_number: number },
    };
  },
};

function ref(name: string, refEntityType: string, required: boolean, description: string) {
  return { name, type: 'ref', required, description, refEntityType } as const;
}

function checkFields(fields: TicketFields): ActionRefusal | undefined {
  for (const name of references) {
    const value = fields[name];
    if (value !== undefined && !isUuid(value)) return refuseValue(name, 'This is not an id.');
  }
  if (fields.title.length > 500) return refuseValue('title', 'A title has at most 500 characters.');
  if (fields.due_date !== undefined && Number.isNaN(Date.parse(fields.due_date))) {
    return refuseValue('due_date', 'This is not an ISO 8601 date or time.');
  }
  const { attributes } = fields;
  if (attributes !== undefined && (typeof attributes !== 'object' || Array.isArray(attributes))) {
    return refuseValue('attributes', 'Attributes must be an object.');
  }
  return undefined;
}

/** A refusal that names the reference at fault; rethrows what is not a violated foreign key. */
function unknownReference(error: unknown): ActionRefusal {
  const constraint = databaseError(error)?.constraint;
  const field = constraint === undefined ? undefined : fieldByConstraint[constraint];
  if (field === undefined) throw error;
  const what =
    field === 'status_id' ? 'There is no such status on this board.' : 'There is no such id.';
  return refuseValue(field, what);
}
