import { isInIpRange, parseIpAddress, parseIpRange } from '../domain/ip-range.ts';
import type { IpCheck } from '../schemas/verifier-check.ts';
import type { CheckContext, Finding } from './check-context.ts';

/** Checks the client's address against a list (S-010). What cannot be read, on either side, never matches. */
export function checkIp(check: IpCheck, { view }: CheckContext): Finding {
  const address = parseIpAddress(view.request.clientIp ?? '');
  if (address === undefined) return { reason: 'address_unknown' };
  const isListed = check.cidrs.some((entry) => {
    const range = parseIpRange(entry);
    return range !== undefined && isInIpRange(address, range);
  });
  return { reason: isListed ? 'verified' : 'address_not_listed' };
}
