import type { WorkItemType } from '../../domain/desk.ts';
import { makeDeskRead } from './desk-read.ts';
import { equals } from './resource-page.ts';

/** A time entry as the API shows it. */
export interface DeskTimeEntry {
  readonly id: string;
  readonly timeSheetId: string;
  readonly userId: string;
  readonly workItemType: WorkItemType;
  /** Null for ad hoc work. */
  readonly workItemId: string | null;
  readonly serviceId: string;
  readonly startTime: Date;
  readonly durationMinutes: number;
  readonly billableMinutes: number;
  readonly notes: string | null;
  readonly taxRegion: string | null;
  readonly createdAt: Date;
}

interface TimeEntryRow {
  id: string;
  time_sheet_id: string;
  user_id: string;
  work_item_type: WorkItemType;
  work_item_id: string | null;
  service_id: string;
  start_time: Date;
  duration_minutes: number;
  billable_minutes: number;
  notes: string | null;
  tax_region: string | null;
  created_at: Date;
}

export interface DeskTimeEntryFilter {
  readonly userId: string | undefined;
  readonly workItemType: WorkItemType | undefined;
  readonly workItemId: string | undefined;
}

/** Time entries of the tenant, newest first: nothing changes one. */
export const deskTimeEntries = makeDeskRead({
  source: {
    columns: `e.id, e.time_sheet_id, e.user_id, e.work_item_type, e.work_item_id, e.service_id,
      e.start_time, e.duration_minutes, e.billable_minutes, e.notes, e.tax_region, e.created_at`,
    from: 'time_entries e',
    tenantColumn: 'e.tenant_id',
    idColumn: 'e.id',
    sortColumn: 'e.created_at',
  },
  conditions: ({ userId, workItemType, workItemId }: DeskTimeEntryFilter) => [
    ...equals('e.user_id', 'uuid', userId),
    ...equals('e.work_item_type', 'text', workItemType),
    ...equals('e.work_item_id', 'uuid', workItemId),
  ],
  map: (row: TimeEntryRow): DeskTimeEntry => ({
    id: row.id,
    timeSheetId: row.time_sheet_id,
    userId: row.user_id,
    workItemType: row.work_item_type,
    workItemId: row.work_item_id,
    serviceId: row.service_id,
    startTime: row.start_time,
    durationMinutes: row.duration_minutes,
    billableMinutes: row.billable_minutes,
    notes: row.notes,
    taxRegion: row.tax_region,
    createdAt: row.created_at,
  }),
});
