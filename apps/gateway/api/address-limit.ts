import type { FastifyRequest } from 'fastify';
import { setBounded } from '../../../shared/domain/bounded-map.ts';
import { parseIpAddress } from '../../../shared/domain/ip-range.ts';
import { TidegateError } from '../../../shared/errors/tidegate-error.ts';

const windowMs = 60_000;
/** Addresses that are remembered at once; the one that was new longest ago makes room. */
const addressesMax = 50_000;
/** A customer of an IPv6 network is given at least so much of it. */
const ipv6PrefixBytes = 8;

interface Window {
  readonly startedAtMs: number;
  requests: number;
}

export interface AddressLimitOptions {
  /** What one address may ask in a minute; 0: as much as it likes. */
  readonly requestsPerMinute: number;
  readonly nowMs: () => number;
}

/**
 * Counts requests of the API by address, in this process: a count in the database would let anybody
 * write to it without a token. Throws `too_many_requests` (S-108). The receiver is not counted here:
 * many senders share an address, and hooks have limits of their own.
 */
export function makeAddressLimit(
  options: AddressLimitOptions,
): (request: Pick<FastifyRequest, 'ip' | 'routeOptions'>) => void {
  const { requestsPerMinute, nowMs } = options;
  const windows = new Map<string, Window>();
  return ({ ip, routeOptions }) => {
    if (requestsPerMinute === 0 || !isCounted(routeOptions.url)) return;
    const key = networkOf(ip);
    const now = nowMs();
    const known = windows.get(key);
    if (known === undefined || now - known.startedAtMs >= windowMs) {
      setBounded(windows, key, { startedAtMs: now, requests: 1 }, addressesMax);
      return;
    }
    known.requests += 1;
    if (known.requests <= requestsPerMinute) return;
    throw new TidegateError(
      'too_many_requests',
      `One address asks at most ${requestsPerMinute} times a minute.`,
      { retryAfterSeconds: Math.max(1, Math.ceil((known.startedAtMs + windowMs - now) / 1_000)) },
    );
  };
}

/** By the pattern of the route: a path can be written in many ways. */
const isCounted = (pattern: string | undefined): boolean =>
  pattern?.startsWith('/api/') === true && !pattern.startsWith('/api/inbound/');

/** What stands for one client: an IPv4 address, or the network that an IPv6 client chooses from. */
function networkOf(ip: string): string {
  return parseIpAddress(ip)?.slice(0, ipv6PrefixBytes).join('.') ?? ip;
}
