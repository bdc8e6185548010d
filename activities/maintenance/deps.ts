import type { TenantVault } from '../../shared/crypto/tenant-vault.ts';
import type { Pool } from '../../shared/db/pool.ts';
import type { WithTenant } from '../../shared/db/tenant.ts';
import type { EndpointId, TenantId } from '../../shared/domain/ids.ts';
import type { Mailer } from '../../shared/mail/mailer.ts';
import type { Logger } from '../../shared/telemetry/logger.ts';

export interface MaintenanceDeps {
  readonly pool: Pool;
  readonly withTenant: WithTenant;
  readonly vault: TenantVault;
  readonly log: Logger;
  /** Undefined where the installation has no mail server. */
  readonly mailer: Pick<Mailer, 'send'> | undefined;
  /** Start a run, or tell the one there is to look again. Reject when Temporal does not take it. */
  readonly rouseRotation: (tenantId: TenantId, endpointId: EndpointId) => Promise<void>;
  readonly rouseReplay: (tenantId: TenantId, jobId: string) => Promise<void>;
  /** Told of claims that ran out without their runs ending them. */
  readonly onClaimsExpired: (count: number) => void;
}
