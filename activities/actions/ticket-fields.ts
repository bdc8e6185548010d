import type { TicketValues } from '../../shared/db/queries/tickets.ts';
import { noSuchId, type ConstraintRefusals } from './constraints.ts';
import type { FieldsOf } from './define-action.ts';
import { json, longText, ref, text, time } from './fields.ts';

/** The fields that createTicket and updateTicketByExternalId share, none of them required here. */
export const ticketFields = {
  title: text('title', 'Subject line', 500),
  client_id: ref('client_id', 'client', 'Client the ticket is for'),
  board_id: ref('board_id', 'board', 'Board the ticket is on'),
  priority_id: ref('priority_id', 'ticket_priority', 'Priority'),
  description: longText('description', 'Text of the ticket'),
  due_date: time('due_date', 'When it is due'),
  status_id: ref('status_id', 'ticket_status', 'Status, one of the board'),
  assigned_to: ref('assigned_to', 'user', 'User who works on it'),
  assigned_team_id: ref('assigned_team_id', 'team', 'Team that works on it'),
  category_id: ref('category_id', 'ticket_category', 'Category'),
  subcategory_id: ref('subcategory_id', 'ticket_subcategory', 'Subcategory, one of the category'),
  contact_id: ref('contact_id', 'contact', 'Contact who asked'),
  location_id: ref('location_id', 'client_location', 'Location, one of the client'),
  attributes: json('attributes', 'Further data'),
} as const;

type MappedTicket = FieldsOf<readonly (typeof ticketFields)[keyof typeof ticketFields][]>;

/** The mapped fields as the queries name them; the due date, read before, comes beside them. */
export function toTicketValues(fields: MappedTicket, dueDate: Date | undefined) {
  return {
    title: fields.title,
    description: fields.description,
    clientId: fields.client_id,
    boardId: fields.board_id,
    statusId: fields.status_id,
    priorityId: fields.priority_id,
    assignedTo: fields.assigned_to,
    assignedTeamId: fields.assigned_team_id,
    categoryId: fields.category_id,
    subcategoryId: fields.subcategory_id,
    contactId: fields.contact_id,
    locationId: fields.location_id,
    dueDate,
    attributes: fields.attributes,
  } satisfies TicketValues;
}

/**
 * What the constraints of `tickets` say to these fields. Three references must fit another one (a
 * status its board); when only that other one is mapped, it is the field at fault.
 */
export function ticketRefusals(fields: MappedTicket): ConstraintRefusals {
  return {
    tickets_tenant_id_client_id_fkey: noSuchId('client_id'),
    tickets_tenant_id_board_id_fkey: noSuchId('board_id'),
    tickets_tenant_id_priority_id_fkey: noSuchId('priority_id'),
    tickets_tenant_id_assigned_to_fkey: noSuchId('assigned_to'),
    tickets_tenant_id_assigned_team_id_fkey: noSuchId('assigned_team_id'),
    tickets_tenant_id_category_id_fkey: noSuchId('category_id'),
    tickets_tenant_id_contact_id_fkey: noSuchId('contact_id'),
    tickets_tenant_id_board_id_status_id_fkey: mismatch(fields, 'status_id', 'board_id'),
    tickets_tenant_id_category_id_subcategory_id_fkey: mismatch(
      fields,
      'subcategory_id',
      'category_id',
    ),
    tickets_tenant_id_client_id_location_id_fkey: mismatch(fields, 'location_id', 'client_id'),
    tickets_subcategory_has_category: {
      field: 'subcategory_id',
      reason: 'A subcategory needs its category: map category_id as well.',
    },
  };
}

function mismatch(fields: MappedTicket, part: keyof MappedTicket, whole: keyof MappedTicket) {
  const [partName, wholeName] = [part, whole].map((name) => name.replace('_id', ''));
  return part in fields
    ? { field: part, reason: `There is no such ${partName} of this ${wholeName}.` }
    : {
        field: whole,
        reason: `The ${partName} of the ticket is not one of this ${wholeName}: map ${part} as well.`,
      };
}
