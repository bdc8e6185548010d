import {
  ensureTimeSheet,
  findTimePeriod,
  insertTimeEntry,
} from '../../shared/db/queries/time-entries.ts';
import { workItemTypes } from '../../shared/domain/desk.ts';
import { noSuchId, refusing } from './constraints.ts';
import { isRefusal, refuseValue, type ActionContext, type ActionRefusal } from './contract.ts';
import { defineAction, type FieldsOf } from './define-action.ts';
import { readTime, recordEvent } from './effects.ts';
import { named, newEntityId } from './external-ids.ts';
import { choice, externalId, flag, int, longText, ref, required, text, time } from './fields.ts';

/** A day. Longer work is several entries, as it is on a time sheet. */
const durationMinutesMax = 1_440;

const targetFields = [
  required(ref('user_id', 'user', 'User who worked')),
  required(choice('work_item_type', workItemTypes, 'What the work was on')),
  required(ref('service_id', 'service', 'Service the time counts as')),
  required(time('start_time', 'When the work began')),
  required(int('duration_minutes', `Minutes, 1 to ${durationMinutesMax}`)),
  ref('work_item_id', 'work_item', 'Id of what the work was on; none for ad_hoc'),
  longText('notes', 'Notes'),
  text('tax_region', 'Tax region', 64),
  externalId("The sender's id of the entry"),
  flag('is_billable', 'Whether the time is billed; true when absent'),
] as const;

type Fields = FieldsOf<typeof targetFields>;

const noWorkItem = noSuchId('work_item_id');
const refusals = {
  time_sheets_tenant_id_user_id_fkey: noSuchId('user_id'),
  time_entries_tenant_id_service_id_fkey: noSuchId('service_id'),
  time_entries_tenant_id_ticket_id_fkey: noWorkItem,
  time_entries_tenant_id_project_task_id_fkey: noWorkItem,
  time_entries_tenant_id_category_id_fkey: noWorkItem,
  time_entries_tenant_id_interaction_id_fkey: noWorkItem,
};

/** Records time that a user worked, on the draft of the time sheet it belongs to (S-031). */
export const createTimeEntry = defineAction({
  name: 'createTimeEntry',
  entityType: 'time_entry',
  displayName: 'Create time entry',
  description: 'Records time that a user worked.',
  targetFields,
  behavior: [
    '`work_item_id` is required unless `work_item_type` is `ad_hoc`, and refused if it is.',
    'A time period must hold the day of `start_time` in UTC; it is not made here. The time sheet of the user for that period is made as a draft when there is none; one that was submitted takes no entry.',
    'Not billable, or on a non-billable category, the entry has 0 billable minutes; else all of its minutes.',
    'An `external_id` that already stands for a time entry of this hook is refused.',
  ],
  metadata: {
    time_sheet_id: 'id of the time sheet',
    billable_minutes: 'minutes that are billed',
  },
  events: ['time_entry.created'],
  async handle(context, fields) {
    const fault = checkWork(fields);
    if (fault) return fault;
    const startTime = readTime('start_time', fields.start_time);
    if (isRefusal(startTime)) return startTime;
    const id = await newEntityId(context, 'time_entry', fields.external_id);
    if (isRefusal(id)) return id;
    return refusing(refusals, () => store(context, id, fields, startTime));
  },
});

function checkWork(fields: Fields): ActionRefusal | undefined {
  const { duration_minutes: minutes, work_item_type: type, work_item_id: item } = fields;
  if (minutes < 1 || minutes > durationMinutesMax) {
    return refuseValue('duration_minutes', `This must be 1 to ${durationMinutesMax} minutes.`);
  }
  if (type === 'ad_hoc' && item !== undefined) {
    return refuseValue('work_item_id', 'Ad hoc work has no work item.');
  }
  if (type !== 'ad_hoc' && item === undefined) {
    return refuseValue('work_item_id', `Work on a ${type} needs its id.`);
  }
  return undefined;
}

async function store(context: ActionContext, id: string, fields: Fields, startTime: Date) {
  const { tx } = context;
  const { user_id: userId, work_item_type: workItemType, work_item_id: workItemId } = fields;
  const periodId = await findTimePeriod(tx, startTime);
  if (periodId === undefined) {
    return refuseValue('start_time', 'There is no time period for this day.');
  }
  const sheet = await ensureTimeSheet(tx, periodId, userId);
  if (sheet.status !== 'DRAFT') {
    return refuseValue('start_time', `The time sheet for this day is ${sheet.status}.`);
  }
  const isBillable = (fields.is_billable ?? true) && workItemType !== 'non_billable_category';
  const durationMinutes = fields.duration_minutes;
  const billableMinutes = isBillable ? durationMinutes : 0;
  const work = { userId, workItemType, workItemId, durationMinutes, billableMinutes };
  await insertTimeEntry(tx, {
    ...work,
    id,
    timeSheetId: sheet.id,
    serviceId: fields.service_id,
    startTime,
    notes: fields.notes,
    taxRegion: fields.tax_region,
  });
  const data = { ...work, workItemId: workItemId ?? null };
  await recordEvent(context, {
    type: 'time_entry.created',
    objectType: 'time_entry',
    objectId: id,
    data,
  });
  return {
    entityId: id,
    ...named(fields.external_id),
    message: `Time entry of ${durationMinutes} minutes created.`,
    metadata: { time_sheet_id: sheet.id, billable_minutes: billableMinutes },
  };
}
