import { setTimeout as sleep } from 'node:timers/promises';
import {
  cutHookSamples,
  cutInboundBodies,
  expireStaleClaims,
  purgeRejectedDeliveries,
  removeExpiredAnswers,
  removeExpiredReservations,
  removeOldAssistantRuns,
  removeOldDeliveries,
  removeOldEvents,
  type MaintenanceBatch,
} from '../../shared/db/queries/maintenance.ts';
import type { MaintenanceActivities, MaintenanceJobName } from './contract.ts';
import type { MaintenanceDeps } from './deps.ts';
import type { TenantJob } from './for-each.ts';
import { sendNotices } from './send-notices.ts';
import {
  disableFailingEndpoints,
  expireDeliveries,
  sealLegacySecrets,
  startReplays,
  startRotations,
  tendRotations,
} from './tenant-jobs.ts';

/** A job that is one statement over all tenants. */
const inOneStatement =
  (batch: MaintenanceBatch): TenantJob =>
  ({ pool }, olderThanMs, rowsMax) =>
    batch(pool, olderThanMs, rowsMax);

/** What each job does. */
const jobs: Readonly<Record<MaintenanceJobName, TenantJob>> = {
  cutBodies: inOneStatement(cutInboundBodies),
  purgeRejected: inOneStatement(purgeRejectedDeliveries),
  removeReservations: inOneStatement(removeExpiredReservations),
  cutSamples: inOneStatement(cutHookSamples),
  removeAnswers: inOneStatement(removeExpiredAnswers),
  removeEvents: inOneStatement(removeOldEvents),
  removeAssistantRuns: inOneStatement(removeOldAssistantRuns),
  removeDeliveries: inOneStatement(removeOldDeliveries),
  expireDeliveries,
  startRotations,
  tendRotations,
  sealLegacySecrets,
  disableFailing: disableFailingEndpoints,
  sendNotices,
  startReplays,
  async expireClaims(deps, olderThanMs, rowsMax) {
    const count = await expireStaleClaims(deps.pool, olderThanMs, rowsMax);
    if (count > 0) deps.onClaimsExpired(count);
    return count;
  },
};

export function makeMaintenanceActivities(deps: MaintenanceDeps): MaintenanceActivities {
  return {
    async runMaintenanceJob({ name, olderThanMs, rowsMax, pauseMs, timeMaxMs }) {
      const deadline = performance.now() + timeMaxMs;
      let rows = 0;
      for (;;) {
        const found = await jobs[name](deps, olderThanMs, rowsMax);
        rows += found;
        if (found < rowsMax) return { rows, isDone: true };
        if (performance.now() >= deadline) return { rows, isDone: false };
        await sleep(pauseMs);
      }
    },
  };
}
