/**
 * The kinds of entities that a field of a built-in action can refer to and that a picker can offer. A
 * field of an extension may name another kind: then its value is typed in.
 */
export const referenceTypes = [
  'asset',
  'board',
  'client',
  'client_location',
  'contact',
  'project',
  'project_phase',
  'project_status_mapping',
  'service',
  'team',
  'ticket_category',
  'ticket_priority',
  'ticket_status',
  'ticket_subcategory',
  'user',
  'work_item',
] as const;

export type ReferenceType = (typeof referenceTypes)[number];
