import { countRead } from '../../../shared/db/queries/read-windows.ts';
import type { WithTenant } from '../../../shared/db/tenant.ts';
import { TidegateError } from '../../../shared/errors/tidegate-error.ts';
import type { UserCaller } from './caller.ts';

/** Reads of endpoints and deliveries that a user may make in a minute, over all replicas (S-108). */
const readsPerMinute = 60;
const windowMs = 60_000;

/** Counts a read of a caller. Throws `too_many_requests` when it is one too many. */
export type AdmitRead = (caller: UserCaller) => Promise<void>;

export function makeAdmitRead(deps: { readonly withTenant: WithTenant }): AdmitRead {
  return async ({ tenantId, userId }) => {
    // Apart from the read itself: one that finds nothing counts too.
    const { reads, endsInMs } = await deps.withTenant(tenantId, (tx) =>
      countRead(tx, userId, windowMs),
    );
    if (reads <= readsPerMinute) return;
    throw new TidegateError(
      'too_many_requests',
      `Endpoints and deliveries are read at most ${readsPerMinute} times a minute.`,
      { retryAfterSeconds: Math.max(1, Math.ceil(endsInMs / 1_000)) },
    );
  };
}
