import { parseIpRange } from '../domain/ip-range.ts';
import type { AllowedRange } from './policy.ts';

/** Reads the ports of a setting, separated by commas. Throws with the entry at fault. */
export function parsePorts(text: string): readonly number[] {
  return entries(text, ',').map((entry) => parsePort(entry, entry));
}

/** Reads ranges as `CIDR:port`, separated by commas. Throws with the entry at fault. */
export function parseAllowedRanges(text: string): readonly AllowedRange[] {
  return entries(text, ',').map((entry) => {
    // The port stands behind the prefix, so that the colons of an IPv6 address are none of its own.
    const [, cidr = '', port = ''] = /^([^/]+\/[0-9]+):([0-9]+)$/.exec(entry) ?? [];
    if (parseIpRange(cidr) === undefined)
      throw new Error(`"${entry}" is not a CIDR range and a port`);
    return { cidr, port: parsePort(port, entry) };
  });
}

/** Reads URLs separated by blanks; commas may be part of a URL. Throws with the entry at fault. */
export function parseExemptUrls(text: string): readonly string[] {
  return entries(text, /\s+/).map((entry) => {
    const url = URL.parse(entry);
    const isUsable =
      url !== null &&
      ['http:', 'https:'].includes(url.protocol) &&
      !entry.includes('#') &&
      url.username === '' &&
      url.password === '';
    if (isUsable) return url.href;
    throw new Error('an entry is not an http or https URL without a fragment and a password');
  });
}

function entries(text: string, separator: string | RegExp): string[] {
  return text
    .split(separator)
    .map((entry) => entry.trim())
    .filter(Boolean);
}

function parsePort(text: string, entry: string): number {
  const port = /^[0-9]{1,5}$/.test(text) ? Number(text) : 0;
  if (port < 1 || port > 65_535) throw new Error(`"${entry}" does not name a port from 1 to 65535`);
  return port;
}
