import type { Config } from '../config/schema.ts';
import type { EgressPolicy } from './policy.ts';

/** What the operator's settings allow outgoing requests. */
export function egressPolicy(config: Config): EgressPolicy {
  return {
    allowHttp: config.TIDEGATE_EGRESS_ALLOW_HTTP,
    ports: config.TIDEGATE_EGRESS_PORTS,
    exemptUrls: config.TIDEGATE_EGRESS_EXEMPT_URLS,
    allowLoopback: config.TIDEGATE_EGRESS_ALLOW_LOOPBACK,
    allowRanges: config.TIDEGATE_EGRESS_ALLOW_RANGES,
  };
}
