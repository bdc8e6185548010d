import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  makeActionBench,
  times,
  type ActionBench,
  type DeskHook,
} from '../../support/action-bench.ts';
import { leastTicket } from '../../support/desk.ts';

let bench: ActionBench;
let hook: DeskHook;

beforeAll(async () => {
  bench = await makeActionBench();
});
beforeEach(async () => {
  hook = await bench.hook();
});
afterAll(() => bench.close());

const record = (fields: object = {}) => bench.run(hook, 'createTimeEntry', entry(fields));

const entry = (fields: object = {}) => ({
  user_id: hook.desk.userId,
  service_id: hook.desk.serviceId,
  work_item_type: 'ad_hoc',
  start_time: '2020-01-15T09:00:00Z',
  duration_minutes: 30,
  ...fields,
});

const entries = () => bench.rows(hook, 'select * from time_entries where tenant_id = $1');
const sheets = () => bench.rows(hook, 'select * from time_sheets where tenant_id = $1');

describe('createTimeEntry', () => {
  test('S-031 stores the entry on a new draft of the time sheet, with its event', async () => {
    const outcome = await record({
      notes: 'Replaced a disk',
      tax_region: 'EU',
      external_id: 'e-1',
      start_time: '2020-01-15T09:00:00+02:00',
    });
    const [sheet] = await sheets();
    const [stored] = await entries();
    expect(sheet).toMatchObject({
      status: 'DRAFT',
      user_id: hook.desk.userId,
      time_period_id: hook.desk.timePeriodId,
    });
    expect(stored).toMatchObject({
      time_sheet_id: sheet?.['id'],
      start_time: new Date('2020-01-15T07:00:00Z'),
      duration_minutes: 30,
      billable_minutes: 30,
      notes: 'Replaced a disk',
      tax_region: 'EU',
    });
    expect(outcome).toMatchObject({
      entityId: stored?.['id'],
      externalId: 'e-1',
      metadata: { time_sheet_id: sheet?.['id'], billable_minutes: 30 },
    });
    expect(await bench.events(hook)).toMatchObject([
      {
        type: 'time_entry.created',
        object_id: stored?.['id'],
        data: { userId: hook.desk.userId, workItemType: 'ad_hoc', workItemId: null },
      },
    ]);
  });

  test('S-031 puts concurrent entries of a user and period on one sheet', async () => {
    await bench.runAll(hook, 'createTimeEntry', times(6, entry()));
    expect(await sheets()).toHaveLength(1);
    expect(await entries()).toHaveLength(6);
  });

  test('S-031 takes every type of work item', async () => {
    const { desk } = hook;
    const ticket = await bench.run(hook, 'createTicket', leastTicket(desk));
    const items = {
      ticket: ticket.status === 'dispatched' && ticket.entityId,
      project_task: desk.taskId,
      interaction: desk.interactionId,
      non_billable_category: desk.nonBillableCategoryId,
    };
    for (const [work_item_type, work_item_id] of Object.entries(items)) {
      const outcome = await record({ work_item_type, work_item_id });
      expect(outcome).toMatchObject({ status: 'dispatched' });
    }
    expect(await entries()).toHaveLength(4);
  });

  test('S-031 bills nothing when not billable or on a non-billable category', async () => {
    await record({ is_billable: false });
    await record({
      work_item_type: 'non_billable_category',
      work_item_id: hook.desk.nonBillableCategoryId,
      is_billable: true,
    });
    expect(await entries()).toMatchObject([{ billable_minutes: 0 }, { billable_minutes: 0 }]);
  });

  test.for([
    ['a start time that is none', { start_time: 'at nine' }, 'start_time'],
    ['a start time outside every period', { start_time: '2020-02-01T00:00:00Z' }, 'start_time'],
    ['a duration of 0', { duration_minutes: 0 }, 'duration_minutes'],
    ['a negative duration', { duration_minutes: -5 }, 'duration_minutes'],
    ['a duration of more than a day', { duration_minutes: 1_441 }, 'duration_minutes'],
    ['a ticket without its id', { work_item_type: 'ticket' }, 'work_item_id'],
    ['a task without its id', { work_item_type: 'project_task' }, 'work_item_id'],
    ['an interaction without its id', { work_item_type: 'interaction' }, 'work_item_id'],
    ['a category without its id', { work_item_type: 'non_billable_category' }, 'work_item_id'],
  ] as const)('S-031 refuses %s, and writes nothing', async ([, fields, field]) => {
    expect(await record(fields)).toMatchObject({ code: 'VALIDATION_ERROR', field });
    expect(await entries()).toEqual([]);
    expect(await sheets()).toEqual([]);
  });

  test('S-031 refuses a work item of another type, and one for ad hoc work', async () => {
    const work_item_id = hook.desk.taskId;
    for (const work_item_type of ['ticket', 'interaction', 'non_billable_category', 'ad_hoc']) {
      const outcome = await record({ work_item_type, work_item_id });
      expect(outcome).toMatchObject({ code: 'VALIDATION_ERROR', field: 'work_item_id' });
    }
    expect(await sheets()).toEqual([]);
  });

  test('S-031 takes the last day of a period, and no fraction of a minute', async () => {
    expect(await record({ start_time: '2020-01-31T23:59:59Z' })).toMatchObject({
      status: 'dispatched',
    });
    expect(await record({ duration_minutes: 1.5 })).toMatchObject({
      code: 'mapping_failed',
      field: 'duration_minutes',
    });
  });

  test.for([['SUBMITTED'], ['APPROVED']] as const)(
    'S-031 refuses an entry on a sheet that is %s',
    async ([status]) => {
      await record();
      const change = 'update time_sheets set status = $2 where tenant_id = $1';
      await bench.rows(hook, change, [status]);
      expect(await record()).toMatchObject({ code: 'VALIDATION_ERROR', field: 'start_time' });
      expect(await entries()).toHaveLength(1);
    },
  );

  test('S-034 refuses an external id that stands for a time entry', async () => {
    await record({ external_id: 'twice' });
    expect(await record({ external_id: 'twice' })).toMatchObject({ field: 'external_id' });
    expect(await entries()).toHaveLength(1);
  });
});
