import { TidegateError } from '../../../shared/errors/tidegate-error.ts';

/** How many streams are open at once: a gateway holds a connection and asks the database for each. */
export interface StreamLimits {
  readonly perProcess: number;
  readonly perTenant: number;
}

/** When somebody who was turned away may try again, in seconds. */
const retryAfterSeconds = 10;

/**
 * Gives out places for streams. Takes the tenant's id and returns what gives the place back; throws
 * `streams_exhausted` when the gateway or the tenant has none left.
 */
export function makeStreamSlots(limits: StreamLimits): (tenantId: string) => () => void {
  const open = new Map<string, number>();
  let total = 0;
  return (tenantId) => {
    const own = open.get(tenantId) ?? 0;
    if (total >= limits.perProcess || own >= limits.perTenant) {
      throw new TidegateError('streams_exhausted', undefined, { retryAfterSeconds });
    }
    total += 1;
    open.set(tenantId, own + 1);
    let isOpen = true;
    return () => {
      if (!isOpen) return;
      isOpen = false;
      total -= 1;
      const left = (open.get(tenantId) ?? 1) - 1;
      if (left === 0) open.delete(tenantId);
      else open.set(tenantId, left);
    };
  };
}
