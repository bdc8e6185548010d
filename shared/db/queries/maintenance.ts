import type { Pool } from '../pool.ts';

/**
 * One bounded batch of a maintenance job over all tenants: acts on at most `rowsMax` rows older than
 * `olderThanMs` by the database's clock, and returns how many there were (see migrations 0009, 0010, 0015, 0021 and 0023).
 * Fewer than `rowsMax` means that nothing is left.
 */
export type MaintenanceBatch = (
  pool: Pool,
  olderThanMs: number,
  rowsMax: number,
) => Promise<number>;

/** Cuts raw bodies of settled deliveries to their first 1,024 bytes (S-136). */
export const cutInboundBodies: MaintenanceBatch = (pool, olderThanMs, rowsMax) =>
  runBatch(pool, 'select cut_inbound_bodies($1::bigint, $2::integer) as n', olderThanMs, rowsMax);

/** Deletes deliveries that were not let in (S-012). */
export const purgeRejectedDeliveries: MaintenanceBatch = (pool, olderThanMs, rowsMax) =>
  runBatch(
    pool,
    'select purge_rejected_deliveries($1::bigint, $2::integer) as n',
    olderThanMs,
    rowsMax,
  );

/** Deletes reservations whose window and whose delivery's outcome are both older than the age. */
export const removeExpiredReservations: MaintenanceBatch = (pool, olderThanMs, rowsMax) =>
  runBatch(
    pool,
    'select remove_expired_reservations($1::bigint, $2::integer) as n',
    olderThanMs,
    rowsMax,
  );

/** Removes captured samples of hooks (S-136). */
export const cutHookSamples: MaintenanceBatch = (pool, olderThanMs, rowsMax) =>
  runBatch(pool, 'select cut_hook_samples($1::bigint, $2::integer) as n', olderThanMs, rowsMax);

/** Deletes kept answers whose day is past by the age. */
export const removeExpiredAnswers: MaintenanceBatch = (pool, olderThanMs, rowsMax) =>
  runBatch(
    pool,
    'select remove_expired_answers($1::bigint, $2::integer) as n',
    olderThanMs,
    rowsMax,
  );

/** Deletes events; their deliveries stay (S-137). */
export const removeOldEvents: MaintenanceBatch = (pool, olderThanMs, rowsMax) =>
  runBatch(pool, 'select remove_old_events($1::bigint, $2::integer) as n', olderThanMs, rowsMax);

/** Deletes what became of questions to the built-in assistant, by the age of their end (S-137). */
export const removeOldAssistantRuns: MaintenanceBatch = (pool, olderThanMs, rowsMax) =>
  runBatch(
    pool,
    'select remove_old_assistant_runs($1::bigint, $2::integer) as n',
    olderThanMs,
    rowsMax,
  );

/** Deletes settled outbound deliveries with their attempts, by the age of their end (S-137). */
export const removeOldDeliveries: MaintenanceBatch = (pool, olderThanMs, rowsMax) =>
  runBatch(
    pool,
    'select remove_old_deliveries($1::bigint, $2::integer) as n',
    olderThanMs,
    rowsMax,
  );

/** Ends claims that ran out by the age and that nobody has ended (S-113). */
export const expireStaleClaims: MaintenanceBatch = (pool, olderThanMs, rowsMax) =>
  runBatch(pool, 'select expire_stale_claims($1::bigint, $2::integer) as n', olderThanMs, rowsMax);

async function runBatch(
  pool: Pool,
  text: string,
  olderThanMs: number,
  rowsMax: number,
): Promise<number> {
  const { rows } = await pool.query<{ n: number }>({ text, values: [olderThanMs, rowsMax] });
  return rows[0]?.n ?? 0;
}
