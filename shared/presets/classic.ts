import { parseIpRange } from '../domain/ip-range.ts';
import type { Verifier } from '../schemas/verifier.ts';

/**
 * The four authentication types of a hook, each a configuration of the one verifier: hex HMAC-SHA256
 * of the body in a header, with or without `sha256=` in front (S-008).
 */
export const hmacSha256 = (options: { readonly signatureHeader: string }): Verifier => ({
  scheme: 'hmac',
  algorithm: 'sha256',
  signature: {
    from: 'header',
    names: [options.signatureHeader],
    prefix: 'sha256=',
    isPrefixOptional: true,
    encoding: 'hex',
  },
  signed: ['body'],
});

/** `Authorization: Bearer <token>` (S-009). */
export const bearer = (): Verifier => ({ scheme: 'static', credential: { from: 'bearer' } });

/**
 * Addresses and CIDR blocks that may send, IPv4 and IPv6 (S-010). An entry that is neither matches
 * nobody and does not take the others down with it; a list without any other lets nobody in.
 */
export const ipAllowlist = (options: { readonly ipCidrs: readonly string[] }): Verifier => ({
  scheme: 'ip',
  cidrs: options.ipCidrs.filter((entry) => parseIpRange(entry) !== undefined),
});

/** A token in the query of the address (S-009). */
export const pathToken = (options: { readonly queryParam?: string } = {}): Verifier => ({
  scheme: 'static',
  credential: { from: 'query', name: options.queryParam ?? 'token' },
});
