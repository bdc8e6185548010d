import type { VerifiableRequest } from '../../../shared/verification/types.ts';
import { usageFailure } from '../failure.ts';

export interface RequestParts {
  readonly method: string;
  readonly url: string;
  /** In order; one that is named twice is sent twice. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
  readonly clientIp?: string | undefined;
}

/** A request as the receiver's verifier looks at it. Throws a usage failure for an address that is none. */
export function verifiable({
  method,
  url,
  headers,
  body,
  clientIp,
}: RequestParts): VerifiableRequest {
  const address = parseAddress(url);
  return {
    method: method.toUpperCase(),
    url,
    path: address.pathname,
    query: grouped([...address.searchParams]),
    headers: grouped(headers.map(([name, value]) => [name.toLowerCase(), value] as const)),
    body,
    clientIp: clientIp ?? null,
  };
}

export function parseAddress(text: string): URL {
  const url = URL.parse(text);
  if (url !== null && /^https?:$/.test(url.protocol)) return url;
  throw usageFailure(`"${text}" is not an address: it begins with http:// or https://.`);
}

function grouped(entries: readonly (readonly [string, string])[]): Map<string, readonly string[]> {
  const map = new Map<string, readonly string[]>();
  for (const [name, value] of entries) map.set(name, [...(map.get(name) ?? []), value]);
  return map;
}
