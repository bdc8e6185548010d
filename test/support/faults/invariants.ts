import { expect } from 'vitest';
import { fromWireId } from '../../../shared/domain/ids.ts';
import { eventually } from '../eventually.ts';
import { countRuns } from '../runs.ts';
import type { Rig } from './rig.ts';
import type { Sent } from './sender.ts';

/** Statuses that a signed, well-formed request may be answered with (docs/reliability.md). */
const documentedStatuses = new Set([200, 503]);

interface Row {
  readonly id: string;
  readonly key: string;
  readonly dispatch_status: string;
}

/**
 * Waits until nothing is under way any more, then holds the sender's ledger against the database and
 * Temporal:
 *
 * - only documented statuses were answered, and a 503 says when to come back;
 * - each 2xx names a row that exists, and that row is of the key that was sent;
 * - each key, answered or not, was accepted at most once, and exactly once if any answer was a 2xx;
 * - each accepted key has exactly one ticket, and one run made it;
 * - no delivery is pending and no run is open.
 */
export async function expectNothingLostOrDoubled(rig: Rig, withinMs = 60_000): Promise<void> {
  await eventually(async () => expect(await pendingIn(rig)).toBe(0), withinMs);
  await eventually(async () => expect(await runsIn(rig, 'open')).toBe(0), withinMs);
  for (const { ending } of rig.sender.ledger) {
    if (ending.kind === 'unanswered') continue;
    expect(documentedStatuses).toContain(ending.status);
    if (ending.status === 503) expect(ending.retryAfter).toMatch(/^[1-9]\d*$/);
  }
  const rows = await deliveriesOf(rig);
  const tickets = await ticketsByTitle(rig);
  expectOneRowPerPromise(rig.sender.ledger, rows);
  const accepted = rows.filter((row) => row.dispatch_status !== 'duplicate');
  expect(new Set(accepted.map(({ dispatch_status }) => dispatch_status))).toEqual(
    new Set(accepted.length > 0 ? ['dispatched'] : []),
  );
  expect(await runsIn(rig, 'all')).toBe(accepted.length);
  expect(tickets).toEqual(new Map(accepted.map(({ key }) => [key, 1])));
}

function expectOneRowPerPromise(ledger: readonly Sent[], rows: readonly Row[]): void {
  const keyById = new Map(rows.map(({ id, key }) => [id, key]));
  const acceptedKeys = rows
    .filter(({ dispatch_status }) => dispatch_status !== 'duplicate')
    .map(({ key }) => key);
  expect(acceptedKeys).toHaveLength(new Set(acceptedKeys).size);
  const promised = new Set<string>();
  for (const { key, ending } of ledger) {
    if (ending.kind === 'unanswered' || ending.status !== 200) continue;
    const id = fromWireId('delivery', String(ending.body['delivery_id']));
    expect(keyById.get(String(id)), `the row behind the answer to ${key}`).toBe(key);
    promised.add(key);
  }
  expect(acceptedKeys).toEqual(expect.arrayContaining([...promised]));
}

/** How many deliveries wait for their effect. */
export async function pendingIn(rig: Rig): Promise<number> {
  const rows = await deliveriesOf(rig);
  return rows.filter(({ dispatch_status }) => dispatch_status === 'pending').length;
}

export async function deliveriesOf(rig: Rig): Promise<readonly Row[]> {
  const { rows } = await rig.database.admin.query<Row>(
    `select id, idempotency_key as key, dispatch_status from inbound_deliveries
     where tenant_id = $1 order by id`,
    [rig.hook.tenant.id],
  );
  return rows;
}

async function ticketsByTitle(rig: Rig): Promise<Map<string, number>> {
  const { rows } = await rig.database.admin.query<{ title: string; n: number }>(
    'select title, count(*)::integer as n from tickets where tenant_id = $1 group by title',
    [rig.hook.tenant.id],
  );
  return new Map(rows.map(({ title, n }) => [title, n]));
}

/** How many runs of the rig's deliveries are open, or have ever been. */
export function runsIn(rig: Rig, which: 'open' | 'all'): Promise<number> {
  return countRuns(rig.temporalAddress, rig.hook.tenant.slug, which);
}
