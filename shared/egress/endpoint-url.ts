import { parseIpAddress } from '../domain/ip-range.ts';
import { isPublicName } from './host-name.ts';
import { isAllowedLoopback, isPublicPort, portOf, type EgressPolicy } from './policy.ts';

/** Longest URL of an endpoint, as given and as stored, in characters. */
export const endpointUrlLengthMax = 2_048;

/** Blanks, control characters and the backslash. */
const forbiddenCharacter = /[^!-~\u00a0-\u{10ffff}]|\\/u;

/** What a URL of an endpoint comes to. */
export type UrlVerdict =
  | {
      readonly ok: true;
      /** The URL as it is stored and compared: parsed and written out again, without a trailing dot. */
      readonly url: string;
      /** It leads to this machine, which the operator allows. To be marked wherever it is shown. */
      readonly isLoopback: boolean;
      /** The operator exempted exactly this URL (S-084). */
      readonly isExempt: boolean;
    }
  | {
      readonly ok: false;
      /** For the tenant; completes "The URL …". */
      readonly reason: string;
    };

/**
 * Checks what the text of a URL can tell (S-080). Takes the URL as a tenant gave it and the operator's
 * policy, whose URLs are normalised. Passing here allows no delivery yet: the addresses decide.
 */
export function checkEndpointUrl(text: string, policy: EgressPolicy): UrlVerdict {
  const url = parseStrictly(text);
  if (typeof url === 'string') return { ok: false, reason: url };
  if (policy.exemptUrls.includes(url.href)) return passed(url, { isExempt: true });
  if (isAllowedLoopback(url.hostname, policy)) return passed(url, { isLoopback: true });
  const reason = faultOfUrl(url, policy);
  return reason === undefined ? passed(url, {}) : { ok: false, reason };
}

function passed(
  url: URL,
  marks: { readonly isLoopback?: boolean; readonly isExempt?: boolean },
): UrlVerdict {
  return { ok: true, url: url.href, isLoopback: false, isExempt: false, ...marks };
}

/**
 * Parses a URL without the parser's leniency: tabs and line breaks that it drops, backslashes that it
 * takes for slashes and missing slashes are where two readers of one text come to different hosts.
 */
function parseStrictly(text: string): URL | string {
  if (text.length > endpointUrlLengthMax)
    return `is longer than ${endpointUrlLengthMax} characters`;
  if (!text.isWellFormed() || forbiddenCharacter.test(text)) {
    return 'contains blanks, backslashes or control characters';
  }
  if (!/^https?:\/\/[^/]/i.test(text)) return 'does not begin with https://';
  if (text.includes('#')) return 'has a fragment';
  const url = URL.parse(text);
  if (url === null) return 'cannot be read';
  if (url.username !== '' || url.password !== '') return 'contains a user name or a password';
  if (url.hostname.endsWith('.')) url.hostname = url.hostname.slice(0, -1);
  if (url.href.length > endpointUrlLengthMax) {
    return `is longer than ${endpointUrlLengthMax} characters`;
  }
  return url;
}

function faultOfUrl(url: URL, policy: EgressPolicy): string | undefined {
  if (url.protocol !== 'https:' && !policy.allowHttp) return 'does not begin with https://';
  if (isLiteral(url.hostname)) return 'names an address instead of a host';
  if (!isPublicName(url.hostname)) return 'names a host that is not public';
  return isPortOffered(url, policy) ? undefined : 'names a port that is not allowed';
}

/** A host of a parsed URL: brackets mean IPv6, and IPv4 is written out in four decimal numbers. */
function isLiteral(hostname: string): boolean {
  return hostname.startsWith('[') || parseIpAddress(hostname) !== undefined;
}

/** A port of an allowed range passes here; whether the name leads into that range shows later. */
function isPortOffered(url: URL, policy: EgressPolicy): boolean {
  const port = portOf(url);
  return isPublicPort(url, policy) || policy.allowRanges.some((allowed) => allowed.port === port);
}
