import { expect } from 'vitest';
import { eventually } from '../eventually.ts';
import type { Rig } from './rig.ts';

/** What can be held: inserts into a table, by how the statements look that make them. */
const statements = {
  tickets: '%into tickets%',
  inbound_deliveries: '%from accept_deliveries(%',
} as const;
type Held = keyof typeof statements;

/** Holds every insert into a table until what is returned is called. */
export async function holdInserts(rig: Rig, into: Held): Promise<() => Promise<void>> {
  const client = await rig.database.admin.connect();
  await client.query('begin');
  await client.query(`lock table ${into} in share row exclusive mode`);
  return async () => {
    await client.query('rollback');
    client.release();
  };
}

/** Waits until this many statements are held. */
export async function untilHeld(rig: Rig, into: Held, count: number): Promise<void> {
  await eventually(async () => {
    const { rows } = await rig.database.admin.query<{ n: number }>(
      `select count(*)::integer as n from pg_stat_activity
       where datname = current_database() and wait_event_type = 'Lock' and query like $1`,
      [statements[into]],
    );
    expect(rows[0]?.n).toBe(count);
  });
}
