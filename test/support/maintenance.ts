import { randomBytes } from 'node:crypto';
import { makeMaintenanceActivities } from '../../activities/maintenance/activities.ts';
import type { MaintenanceActivities } from '../../activities/maintenance/contract.ts';
import type { MaintenanceDeps } from '../../activities/maintenance/deps.ts';
import { parseKeyRing } from '../../shared/crypto/key-ring.ts';
import { makeTenantVault } from '../../shared/crypto/tenant-vault.ts';
import type { Pool } from '../../shared/db/pool.ts';
import { makeLogger } from '../../shared/telemetry/logger.ts';
import type { Factory } from './factory.ts';

/** The maintenance jobs without their schedule. Starts no run, and has no mail server unless one is given. */
export function maintenanceActivities(
  pool: Pool,
  { withTenant }: Pick<Factory, 'withTenant'>,
  deps: Partial<MaintenanceDeps> = {},
): MaintenanceActivities {
  return makeMaintenanceActivities({
    pool,
    withTenant,
    vault: makeTenantVault(parseKeyRing(`k:${randomBytes(32).toString('base64')}`)),
    log: makeLogger({ level: 'silent', name: 'test' }),
    mailer: undefined,
    rouseRotation: () => Promise.resolve(),
    rouseReplay: () => Promise.resolve(),
    onClaimsExpired: () => undefined,
    ...deps,
  });
}
