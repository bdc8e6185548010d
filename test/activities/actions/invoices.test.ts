import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  makeActionBench,
  times,
  type ActionBench,
  type DeskHook,
} from '../../support/action-bench.ts';

let bench: ActionBench;
let hook: DeskHook;

beforeAll(async () => {
  bench = await makeActionBench();
});
beforeEach(async () => {
  hook = await bench.hook();
  await bench.tie(hook, 'invoice', 'inv-1', hook.desk.invoiceId);
});
afterAll(() => bench.close());

const invoice = async () => {
  const [row] = await bench.rows(hook, 'select * from invoices where tenant_id = $1');
  return row;
};
const markPaid = (fields: object = {}) =>
  bench.run(hook, 'markInvoicePaidByExternalId', { external_id: 'inv-1', ...fields });
const setStatus = (status: string) =>
  bench.run(hook, 'updateInvoiceStatusByExternalId', { external_id: 'inv-1', status });

describe('markInvoicePaidByExternalId', () => {
  test('S-030 stores when and how it was paid', async () => {
    const outcome = await markPaid({ paid_at: '2030-01-02', payment_reference: 'TX-9' });
    expect(outcome).toMatchObject({
      entityId: hook.desk.invoiceId,
      metadata: { previous_status: 'sent', status_changed: true },
    });
    expect(await invoice()).toMatchObject({
      status: 'paid',
      paid_at: new Date('2030-01-02T00:00:00Z'),
      payment_reference: 'TX-9',
    });
    expect(await bench.events(hook)).toMatchObject([
      {
        type: 'invoice.status_changed',
        object_id: hook.desk.invoiceId,
        data: { clientId: hook.desk.clientId, previousStatus: 'sent', status: 'paid' },
      },
    ]);
  });

  test('S-030 without a time is paid now', async () => {
    const before = Date.now();
    await markPaid();
    const { paid_at } = (await invoice()) ?? {};
    // The clock of the database is that of this machine.
    expect((paid_at as Date).getTime()).toBeGreaterThanOrEqual(before - 1_000);
  });

  test('S-030 paid already succeeds without a second write', async () => {
    await markPaid({ payment_reference: 'TX-9' });
    const before = await invoice();
    const outcome = await markPaid({ payment_reference: 'TX-10' });
    expect(outcome).toMatchObject({ status: 'dispatched', metadata: { status_changed: false } });
    expect(await invoice()).toEqual(before);
    expect(await bench.events(hook)).toHaveLength(1);
  });

  test('S-030 refuses a time that is none', async () => {
    expect(await markPaid({ paid_at: 'yesterday' })).toMatchObject({
      code: 'VALIDATION_ERROR',
      field: 'paid_at',
    });
  });

  test('S-030 marked concurrently is written once', async () => {
    const body = { external_id: 'inv-1' };
    const outcomes = await bench.runAll(hook, 'markInvoicePaidByExternalId', times(5, body));
    const written = outcomes.filter(
      (o) => o.status === 'dispatched' && o.metadata?.['status_changed'],
    );
    expect(written).toHaveLength(1);
    expect(await bench.events(hook)).toHaveLength(1);
  });
});

describe('updateInvoiceStatusByExternalId', () => {
  test.for([
    ['draft'],
    ['paid'],
    ['overdue'],
    ['cancelled'],
    ['pending'],
    ['prepayment'],
    ['partially_applied'],
  ] as const)('S-030 sets %s', async ([status]) => {
    expect(await setStatus(status)).toMatchObject({ metadata: { status_changed: true } });
    expect(await invoice()).toMatchObject({ status });
  });

  test('S-030 with the status it has succeeds without a second write', async () => {
    const before = await invoice();
    expect(await setStatus('sent')).toMatchObject({ metadata: { status_changed: false } });
    expect(await invoice()).toEqual(before);
    expect(await bench.events(hook)).toEqual([]);
  });

  test('S-030 away from paid erases the payment', async () => {
    await markPaid({ payment_reference: 'TX-9' });
    await setStatus('overdue');
    expect(await invoice()).toMatchObject({ paid_at: null, payment_reference: null });
  });

  test('S-030 refuses a ninth status', async () => {
    expect(await setStatus('lost')).toMatchObject({ code: 'mapping_failed', field: 'status' });
  });
});
