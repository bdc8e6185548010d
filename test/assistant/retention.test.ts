import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { claimDueAssistantRuns } from '../../shared/db/queries/assistant-runs.ts';
import { changeAssistantSettings } from '../../shared/db/queries/assistant-settings.ts';
import { findConversation } from '../../shared/db/queries/conversations.ts';
import type { Pool } from '../../shared/db/pool.ts';
import { recordVisitorMessage } from '../../shared/support/messages.ts';
import { testConversation } from '../support/conversations.ts';
import { createTestDatabase, openAppPool, type TestDatabase } from '../support/database.ts';
import { makeFactory, type Factory, type TestTenant } from '../support/factory.ts';
import { maintenanceActivities } from '../support/maintenance.ts';

const dayMs = 86_400_000;

let database: TestDatabase;
let factory: Factory;
let pool: Pool;
let tenant: TestTenant;

beforeAll(async () => {
  database = await createTestDatabase();
  factory = makeFactory(database.appUrl, `k:${Buffer.alloc(32, 1).toString('base64')}`);
  pool = openAppPool(database.appUrl, 4);
  tenant = await factory.tenant();
  await factory.withTenant(tenant.id, (tx) => changeAssistantSettings(tx, { isEnabled: true }));
});
afterAll(async () => {
  await factory.close();
  await pool.end();
  await database.drop();
});

/** A question that ended so many days ago, or has not ended at all. */
async function question(endedDaysAgo?: number): Promise<string> {
  const { id, visitorId } = await testConversation({ factory }, tenant);
  const message = await factory.withTenant(tenant.id, async (tx) => {
    const locked = await findConversation(tx, id, 'for update');
    if (locked === undefined) throw new Error('no conversation');
    return recordVisitorMessage(tx, locked, { visitorId, content: 'Hello?' });
  });
  if (endedDaysAgo !== undefined) {
    await database.admin.query(
      `update assistant_runs set state = 'skipped', stage = 'start', reason = 'not_open',
         start_due_at = null, finished_at = clock_timestamp() - make_interval(days => $2)
       where message_id = $1`,
      [message.id, endedDaysAgo],
    );
  }
  return message.id;
}

const left = async (): Promise<readonly string[]> => {
  const { rows } = await database.admin.query<{ message_id: string }>(
    'select message_id from assistant_runs order by message_id',
  );
  return rows.map(({ message_id }) => message_id);
};

describe('traces of the assistant', () => {
  test('S-137 go with the age of events; what has not ended stays, and so do the messages', async () => {
    const old = await question(31);
    const kept = [await question(29), await question()];
    await database.admin.query(
      `update assistant_runs set created_at = created_at - interval '90 days'`,
    );
    const progress = await maintenanceActivities(pool, factory).runMaintenanceJob({
      name: 'removeAssistantRuns',
      olderThanMs: 30 * dayMs,
      rowsMax: 100,
      pauseMs: 1,
      timeMaxMs: 60_000,
    });
    expect(progress).toEqual({ rows: 1, isDone: true });
    expect(await left()).toEqual(kept.toSorted());
    const { rowCount } = await database.admin.query('select from messages where id = $1', [old]);
    expect(rowCount).toBe(1);
  });

  test('S-137 are written and ended by the application, and removed by the job alone', async () => {
    const remove = {
      text: 'delete from assistant_runs where message_id = $1',
      values: [randomUUID()],
    };
    await expect(factory.withTenant(tenant.id, (tx) => tx.query(remove))).rejects.toThrow(
      'permission denied',
    );
  });
});

describe('questions whose run nobody started', () => {
  test('S-113 are taken by one sweeper each, and are due again later and later', async () => {
    await database.admin.query('delete from assistant_runs');
    const ids = await Promise.all(Array.from({ length: 12 }, () => question()));
    expect(await claimDueAssistantRuns(pool, 100, 10_000)).toEqual([]);
    const due = () =>
      database.admin.query(`update assistant_runs set start_due_at = clock_timestamp()`);
    await due();
    const taken = await Promise.all([1, 2, 3, 4].map(() => claimDueAssistantRuns(pool, 5, 10_000)));
    expect(
      taken
        .flat()
        .map(({ messageId }) => messageId)
        .toSorted(),
    ).toEqual(ids.toSorted());
    await due();
    await claimDueAssistantRuns(pool, 100, 10_000);
    const { rows } = await database.admin.query<{ wait_s: number; starts: number }>(
      `select distinct starts, round(extract(epoch from start_due_at - clock_timestamp()))::integer
         as wait_s from assistant_runs`,
    );
    expect(rows).toEqual([{ starts: 2, wait_s: 20 }]);
  });
});
