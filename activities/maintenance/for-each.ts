import type { MaintenanceDeps } from './deps.ts';

/**
 * One bounded batch of a job that finds its rows across tenants and works on each in a transaction of
 * its tenant. Returns how many there were; fewer than `rowsMax` means that nothing is left.
 */
export type TenantJob = (
  deps: MaintenanceDeps,
  olderThanMs: number,
  rowsMax: number,
) => Promise<number>;

/**
 * Works on each; one that fails does not keep the others from their turn. Rejects with the first error
 * at the end, so that an operator sees it on the run.
 */
export async function forEach<Row>(
  rows: readonly Row[],
  work: (row: Row) => Promise<unknown>,
): Promise<number> {
  const failures: unknown[] = [];
  for (const row of rows) {
    await work(row).catch((error: unknown) => failures.push(error));
  }
  if (failures.length > 0) {
    const message = `${failures.length} of ${rows.length} could not be done`;
    throw new Error(message, { cause: failures[0] });
  }
  return rows.length;
}
