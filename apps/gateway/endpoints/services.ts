import type { TenantVault } from '../../../shared/crypto/tenant-vault.ts';
import type { AnnouncedDelivery } from '../../../shared/db/tenant.ts';
import type { UrlVerdict } from '../../../shared/egress/endpoint-url.ts';

/** What the routes about endpoints and their deliveries work with, besides the transaction of their request. */
export interface EndpointServices {
  readonly vault: TenantVault;
  /** Checks a URL with what its name resolves to now. May take seconds: never inside a transaction. */
  readonly checkUrl: (text: string) => Promise<UrlVerdict>;
  /** Checks the text of a URL alone. */
  readonly readUrl: (text: string) => UrlVerdict;
  /** Wakes the workflows of deliveries, after the commit; what it misses is woken by the sweeper. */
  readonly wake: (deliveries: readonly AnnouncedDelivery[]) => void;
  /** The page of a run in the Temporal UI, or undefined where no UI is known. */
  readonly temporalUrl: (workflowId: string) => string | undefined;
}
