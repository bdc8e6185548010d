import { z } from 'zod';
import { invoiceStatuses, workItemTypes } from '../domain/desk.ts';
import { timestampSchema } from './common.ts';

/** What users read of the service desk: what the actions of hooks work on. */

const objectSchema = z.record(z.string(), z.unknown());
const textOrNull = z.string().nullable();
const ofClient = z.uuid().optional().describe('Those of one client');
const activitySchema = z.enum(['active', 'inactive']).optional();

const known = {
  id: z.uuid(),
  workspaceId: z.uuid().describe('The tenant'),
  createdAt: timestampSchema,
};
const changed = { ...known, updatedAt: timestampSchema };

const clientMembers = {
  ...changed,
  name: z.string(),
  clientType: z.enum(['company', 'individual']),
  isInactive: z.boolean(),
  url: textOrNull,
  phoneNo: textOrNull,
  email: textOrNull,
  address: textOrNull,
  address2: textOrNull,
  city: textOrNull,
  state: textOrNull,
  zip: textOrNull,
  country: textOrNull,
  defaultCurrencyCode: textOrNull,
};
export const clientSchema = z.strictObject(clientMembers).meta({ id: 'Client' });
export const clientDetailSchema = z
  .strictObject({ ...clientMembers, notes: textOrNull, properties: objectSchema })
  .meta({ id: 'ClientDetail' });
export const clientFilters = z.object({ status: activitySchema });

const contactMembers = {
  ...changed,
  clientId: z.uuid(),
  fullName: z.string(),
  email: z.string(),
  role: textOrNull,
  phone: textOrNull,
  isInactive: z.boolean(),
};
export const contactSchema = z.strictObject(contactMembers).meta({ id: 'Contact' });
export const contactDetailSchema = z
  .strictObject({ ...contactMembers, notes: textOrNull })
  .meta({ id: 'ContactDetail' });
export const contactFilters = z.object({
  clientId: ofClient,
  email: z.string().max(320).optional().describe('Whatever its case'),
  status: activitySchema,
});

export const assetSchema = z
  .strictObject({
    ...changed,
    clientId: z.uuid().nullable().describe('Null for a device that no client was given'),
    assetType: z.string(),
    name: z.string(),
    assetTag: textOrNull,
    serialNumber: textOrNull,
    status: z.string(),
    location: textOrNull,
    externalScopeId: textOrNull,
  })
  .meta({ id: 'Asset' });
export const assetFilters = z.object({
  clientId: ofClient,
  assetType: z.string().max(64).optional(),
  status: z.string().max(64).optional(),
});

const invoiceStatusSchema = z.enum(invoiceStatuses);
export const invoiceSchema = z
  .strictObject({
    ...changed,
    clientId: z.uuid(),
    number: z.string(),
    status: invoiceStatusSchema,
    paidAt: timestampSchema.nullable().describe('Null unless it is paid'),
    paymentReference: textOrNull,
  })
  .meta({ id: 'Invoice' });
export const invoiceFilters = z.object({
  clientId: ofClient,
  status: invoiceStatusSchema.optional(),
});

export const projectSchema = z
  .strictObject({ ...known, clientId: z.uuid(), name: z.string() })
  .meta({ id: 'Project' });
export const projectFilters = z.object({ clientId: ofClient });

const taskMembers = {
  ...changed,
  projectId: z.uuid(),
  phaseId: z.uuid(),
  phase: z.string().describe('Name of the phase'),
  statusId: z.uuid(),
  status: z.string().describe('Name of the status in the project'),
  name: z.string(),
  taskTypeKey: z.string(),
  assigneeId: z.uuid().nullable(),
  priorityId: z.uuid().nullable(),
  serviceId: z.uuid().nullable(),
  dueDate: timestampSchema.nullable(),
  estimatedHours: z.number().nullable(),
};
export const projectTaskSchema = z.strictObject(taskMembers).meta({ id: 'ProjectTask' });
export const projectTaskDetailSchema = z
  .strictObject({ ...taskMembers, description: textOrNull })
  .meta({ id: 'ProjectTaskDetail' });
export const projectTaskFilters = z.object({
  projectId: z.uuid().optional().describe('Those of one project'),
  assignee: z.uuid().optional().describe('Those assigned to one user'),
});

const workItemTypeSchema = z.enum(workItemTypes);
const timeEntryMembers = {
  ...known,
  timeSheetId: z.uuid(),
  userId: z.uuid(),
  workItemType: workItemTypeSchema,
  workItemId: z.uuid().nullable().describe('Null for ad hoc work'),
  serviceId: z.uuid(),
  startTime: timestampSchema,
  durationMinutes: z.int(),
  billableMinutes: z.int(),
  taxRegion: textOrNull,
};
export const timeEntrySchema = z.strictObject(timeEntryMembers).meta({ id: 'TimeEntry' });
export const timeEntryDetailSchema = z
  .strictObject({ ...timeEntryMembers, notes: textOrNull })
  .meta({ id: 'TimeEntryDetail' });
export const timeEntryFilters = z.object({
  userId: z.uuid().optional().describe('Those of one user'),
  workItemType: workItemTypeSchema.optional(),
  workItemId: z.uuid().optional().describe('Those on one ticket, task or the like'),
});
