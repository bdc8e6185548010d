import { setTimeout as sleep } from 'node:timers/promises';
import type { Pool } from '../../shared/db/pool.ts';
import {
  cutHookSamples,
  cutInboundBodies,
  purgeRejectedDeliveries,
  removeExpiredAnswers,
  removeExpiredReservations,
  type MaintenanceBatch,
} from '../../shared/db/queries/maintenance.ts';
import type { MaintenanceActivities, MaintenanceJobName } from './contract.ts';

/** What each job does. */
const batches: Readonly<Record<MaintenanceJobName, MaintenanceBatch>> = {
  cutBodies: cutInboundBodies,
  purgeRejected: purgeRejectedDeliveries,
  removeReservations: removeExpiredReservations,
  cutSamples: cutHookSamples,
  removeAnswers: removeExpiredAnswers,
};

export function makeMaintenanceActivities(deps: { readonly pool: Pool }): MaintenanceActivities {
  return {
    async runMaintenanceJob({ name, olderThanMs, rowsMax, pauseMs, timeMaxMs }) {
      const deadline = performance.now() + timeMaxMs;
      let rows = 0;
      for (;;) {
        const found = await batches[name](deps.pool, olderThanMs, rowsMax);
        rows += found;
        if (found < rowsMax) return { rows, isDone: true };
        if (performance.now() >= deadline) return { rows, isDone: false };
        await sleep(pauseMs);
      }
    },
  };
}
