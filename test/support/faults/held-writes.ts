import { expect } from 'vitest';
import { eventually } from '../eventually.ts';
import type { Rig } from './rig.ts';

/** What can be held: a step of a delivery, with the table it writes to and how its statement looks. */
const steps = {
  acceptance: { table: 'inbound_deliveries', statement: '%from accept_deliveries(%' },
  effect: { table: 'tickets', statement: '%into tickets%' },
  outcome: { table: 'inbound_deliveries', statement: '%note_outcome(%' },
} as const;
type Step = keyof typeof steps;

/** Holds every write to the table of a step until what is returned is called. */
export async function holdWrites(rig: Rig, step: Step): Promise<() => Promise<void>> {
  const client = await rig.database.admin.connect();
  await client.query('begin');
  // Lets rows be read and locked.
  await client.query(`lock table ${steps[step].table} in share row exclusive mode`);
  return async () => {
    await client.query('rollback');
    client.release();
  };
}

/** Waits until this many statements of a step are held. */
export async function untilHeld(rig: Rig, step: Step, count: number): Promise<void> {
  await eventually(async () => {
    const { rows } = await rig.database.admin.query<{ n: number }>(
      `select count(*)::integer as n from pg_stat_activity
       where datname = current_database() and wait_event_type = 'Lock' and query like $1`,
      [steps[step].statement],
    );
    expect(rows[0]?.n).toBe(count);
  });
}
