import { deskAssets } from '../../../shared/db/queries/desk-assets.ts';
import { deskClients } from '../../../shared/db/queries/desk-clients.ts';
import { deskContacts } from '../../../shared/db/queries/desk-contacts.ts';
import { deskInvoices } from '../../../shared/db/queries/desk-invoices.ts';
import { deskProjects, deskProjectTasks } from '../../../shared/db/queries/desk-projects.ts';
import { deskTimeEntries } from '../../../shared/db/queries/desk-time-entries.ts';
import type { TenantTx } from '../../../shared/db/tenant.ts';
import {
  assetFilters,
  assetSchema,
  clientDetailSchema,
  clientFilters,
  clientSchema,
  contactDetailSchema,
  contactFilters,
  contactSchema,
  invoiceFilters,
  invoiceSchema,
  projectFilters,
  projectSchema,
  projectTaskDetailSchema,
  projectTaskFilters,
  projectTaskSchema,
  timeEntryDetailSchema,
  timeEntryFilters,
  timeEntrySchema,
} from '../../../shared/schemas/desk-api.ts';
import type { ApiRoute } from '../api/route.ts';
import { defineUserResource } from './define-resource.ts';

/**
 * Shows a row under the names it has: moments in ISO 8601, with its tenant. What is long is in the
 * detail only, and named here to be left out; where a row of a list stands is no part of it.
 */
const shown =
  (...leftOut: readonly string[]) =>
  (row: object, { tenantId }: TenantTx): Readonly<Record<string, unknown>> => {
    const members = Object.entries(row)
      .filter(([name]) => name !== 'position' && !leftOut.includes(name))
      .map(([name, value]) => [name, value instanceof Date ? value.toISOString() : value] as const);
    return { ...Object.fromEntries(members), workspaceId: tenantId };
  };

const tag = 'Service desk';

/** What actions of hooks have written of the service desk, beside tickets; for users only. */
export const deskRoutes: readonly ApiRoute[] = [
  ...defineUserResource({
    ...deskClients,
    name: 'client',
    path: 'clients',
    title: 'Client',
    tag,
    permission: 'clients.read',
    filters: clientFilters,
    view: clientSchema,
    present: shown('notes', 'properties'),
    detailView: clientDetailSchema,
    presentDetail: shown(),
  }),
  ...defineUserResource({
    ...deskContacts,
    name: 'contact',
    path: 'contacts',
    title: 'Contact',
    tag,
    permission: 'contacts.read',
    filters: contactFilters,
    view: contactSchema,
    present: shown('notes'),
    detailView: contactDetailSchema,
    presentDetail: shown(),
  }),
  ...defineUserResource({
    ...deskAssets,
    name: 'asset',
    path: 'assets',
    title: 'Asset',
    tag,
    permission: 'assets.read',
    filters: assetFilters,
    view: assetSchema,
    present: shown(),
  }),
  ...defineUserResource({
    ...deskInvoices,
    name: 'invoice',
    path: 'invoices',
    title: 'Invoice',
    tag,
    permission: 'invoices.read',
    filters: invoiceFilters,
    view: invoiceSchema,
    present: shown(),
  }),
  ...defineUserResource({
    ...deskProjects,
    name: 'project',
    path: 'projects',
    title: 'Project',
    tag,
    permission: 'projects.read',
    filters: projectFilters,
    view: projectSchema,
    present: shown(),
  }),
  ...defineUserResource({
    ...deskProjectTasks,
    name: 'project_task',
    path: 'project-tasks',
    title: 'ProjectTask',
    tag,
    permission: 'projects.read',
    filters: projectTaskFilters,
    view: projectTaskSchema,
    present: shown('description'),
    detailView: projectTaskDetailSchema,
    presentDetail: shown(),
  }),
  ...defineUserResource({
    ...deskTimeEntries,
    name: 'time_entry',
    path: 'time-entries',
    title: 'TimeEntry',
    plural: 'TimeEntries',
    tag,
    permission: 'time_entries.read',
    filters: timeEntryFilters,
    view: timeEntrySchema,
    present: shown('notes'),
    detailView: timeEntryDetailSchema,
    presentDetail: shown(),
  }),
];
