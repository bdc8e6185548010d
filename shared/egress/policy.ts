/** Addresses behind the wall that the operator opens, each at one port. */
export interface AllowedRange {
  /** An address or a block, such as `10.20.0.0/16` or `fd00:1::/64`. */
  readonly cidr: string;
  readonly port: number;
}

/** What the operator allows beyond https to public addresses (S-084). Nothing a tenant sets widens it. */
export interface EgressPolicy {
  /** Whether `http:` is allowed as well, at port 80. Default: false. */
  readonly allowHttp: boolean;
  /** Ports of public hosts beyond 443, and 80 for `http:`. */
  readonly ports: readonly number[];
  /** URLs that pass without any check of scheme, port, name or address. The whole URL must be equal. */
  readonly exemptUrls: readonly string[];
  /** Development: 127.0.0.1, [::1] and localhost, written as such, at any port and over http too. */
  readonly allowLoopback: boolean;
  /** What names may resolve to besides public addresses. Tenants still cannot write addresses. */
  readonly allowRanges: readonly AllowedRange[];
}

/** The policy of an installation whose operator set nothing. */
export const closedPolicy: EgressPolicy = {
  allowHttp: false,
  ports: [],
  exemptUrls: [],
  allowLoopback: false,
  allowRanges: [],
};

/** Hosts that the development mode lets through, as a parsed URL spells them. */
const loopbackHosts = new Set(['localhost', '127.0.0.1', '[::1]']);

/** Whether a host, spelt as in a parsed URL, is this machine and the operator allows that. */
export function isAllowedLoopback(hostname: string, policy: EgressPolicy): boolean {
  return policy.allowLoopback && loopbackHosts.has(hostname);
}

/** The port a parsed URL leads to. */
export function portOf(url: URL): number {
  if (url.port !== '') return Number(url.port);
  return url.protocol === 'https:' ? 443 : 80;
}

/** Whether public hosts may be reached at the port of this URL. */
export function isPublicPort(url: URL, policy: EgressPolicy): boolean {
  return url.port === '' || policy.ports.includes(portOf(url));
}

/** The same policy with its URLs in the form in which URLs are compared. */
export function normalisePolicy(policy: EgressPolicy): EgressPolicy {
  const exemptUrls = policy.exemptUrls.map((text) => URL.parse(text)?.href ?? text);
  return { ...policy, exemptUrls };
}
