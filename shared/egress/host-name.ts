/** Names that mean this machine or this network, whatever a resolver says. Their subdomains too. */
const specialNames = [
  'localhost',
  'local',
  'internal',
  'home.arpa',
  'onion',
  'test',
  'invalid',
] as const;

const nameLengthMax = 253;
const label = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/;

/**
 * Whether a host of a parsed URL, without a trailing dot, is a name that the public DNS could know: two
 * labels or more, none of them empty, and not one of the names for special use.
 */
export function isPublicName(hostname: string): boolean {
  const labels = hostname.split('.');
  return (
    hostname.length <= nameLengthMax &&
    labels.length >= 2 &&
    labels.every((text) => label.test(text)) &&
    !specialNames.some((name) => hostname === name || hostname.endsWith(`.${name}`))
  );
}
