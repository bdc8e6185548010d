import { setBounded } from '../../../shared/domain/bounded-map.ts';

/** Says whether one more refused request of an address may be stored. */
export type MayStoreRejection = (clientIp: string | null) => boolean;

/** Stored refusals an address may cause in a minute, in one process. */
const rowsPerMinuteMax = 120;
const windowMs = 60_000;
const addressesMax = 10_000;

/**
 * Refused requests are stored (S-012), but nobody who cannot prove anything may fill the database:
 * past 120 rows a minute an address is answered alike and its refusals go to the log alone.
 * `nowMs` is a monotonic clock in milliseconds.
 */
export function makeRejectBudget(deps: { readonly nowMs: () => number }): MayStoreRejection {
  const windows = new Map<string, { readonly startedAtMs: number; rows: number }>();
  return (clientIp) => {
    const address = clientIp ?? '';
    const nowMs = deps.nowMs();
    const window = windows.get(address);
    if (window !== undefined && nowMs - window.startedAtMs < windowMs) {
      window.rows += 1;
      return window.rows <= rowsPerMinuteMax;
    }
    setBounded(windows, address, { startedAtMs: nowMs, rows: 1 }, addressesMax);
    return true;
  };
}
