/** Words of the service desk that database, actions, events and API share. */

export const invoiceStatuses = [
  'draft',
  'sent',
  'paid',
  'overdue',
  'cancelled',
  'pending',
  'prepayment',
  'partially_applied',
] as const;
export type InvoiceStatus = (typeof invoiceStatuses)[number];

/** What a user can have worked on. */
export const workItemTypes = [
  'ticket',
  'project_task',
  'non_billable_category',
  'ad_hoc',
  'interaction',
] as const;
export type WorkItemType = (typeof workItemTypes)[number];
