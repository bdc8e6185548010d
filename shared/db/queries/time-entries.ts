import { v7 as uuidv7 } from 'uuid';
import type { WorkItemType } from '../../domain/desk.ts';
import type { TenantTx } from '../tenant.ts';

/** The period that a moment is in, by its day in UTC; undefined when there is none. */
export async function findTimePeriod(tx: TenantTx, moment: Date): Promise<string | undefined> {
  const { rows } = await tx.query<{ id: string }>({
    name: 'find_time_period',
    text: `
      select id from time_periods
      where tenant_id = $1::uuid and start_date <= ($2::timestamptz at time zone 'utc')::date
        and end_date > ($2::timestamptz at time zone 'utc')::date
      order by start_date desc limit 1`,
    values: [tx.tenantId, moment],
  });
  return rows[0]?.id;
}

export type TimeSheetStatus = 'DRAFT' | 'SUBMITTED' | 'APPROVED';

/**
 * The time sheet of a user for a period, made as a draft when there is none, and locked: nobody
 * submits it before the entry is in. The update changes nothing; only a written row is returned.
 */
export async function ensureTimeSheet(
  tx: TenantTx,
  timePeriodId: string,
  userId: string,
): Promise<{ readonly id: string; readonly status: TimeSheetStatus }> {
  const { rows } = await tx.query<{ id: string; status: TimeSheetStatus }>({
    name: 'ensure_time_sheet',
    text: `
      insert into time_sheets as s (tenant_id, id, time_period_id, user_id)
      values ($1::uuid, $2::uuid, $3::uuid, $4::uuid)
      on conflict (tenant_id, time_period_id, user_id) do update set status = s.status
      returning id, status`,
    values: [tx.tenantId, uuidv7(), timePeriodId, userId],
  });
  const [row] = rows;
  if (row === undefined) throw new Error('ensure_time_sheet returned no row');
  return row;
}

export interface NewTimeEntry {
  readonly id: string;
  readonly timeSheetId: string;
  readonly userId: string;
  readonly workItemType: WorkItemType;
  readonly workItemId: string | undefined;
  readonly serviceId: string;
  readonly startTime: Date;
  readonly durationMinutes: number;
  readonly billableMinutes: number;
  readonly notes: string | undefined;
  readonly taxRegion: string | undefined;
}

export async function insertTimeEntry(tx: TenantTx, entry: NewTimeEntry): Promise<void> {
  await tx.query({
    name: 'insert_time_entry',
    text: `
      insert into time_entries (tenant_id, id, time_sheet_id, user_id, work_item_type, work_item_id,
        service_id, start_time, duration_minutes, billable_minutes, notes, tax_region)
      values ($1::uuid, $2::uuid, $3::uuid, $4::uuid, $5::text, $6::uuid, $7::uuid,
        $8::timestamptz, $9::integer, $10::integer, $11::text, $12::text)`,
    values: [
      tx.tenantId,
      entry.id,
      entry.timeSheetId,
      entry.userId,
      entry.workItemType,
      entry.workItemId,
      entry.serviceId,
      entry.startTime,
      entry.durationMinutes,
      entry.billableMinutes,
      entry.notes,
      entry.taxRegion,
    ],
  });
}
