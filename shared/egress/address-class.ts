import { isInIpRange, parseIpAddress, parseIpRange, type IpRange } from '../domain/ip-range.ts';

/**
 * What may be done with an address (S-081):
 * - `public`: dial it;
 * - `refused`: it leads behind the wall, or nowhere. A name with one such address is refused as a whole;
 * - `translated`: it leads to an IPv4 address through a translator. Never dialled, yet no reason to
 *   refuse the name: resolvers of IPv6-only networks add such addresses to honest names (DNS64).
 */
export type AddressClass = 'public' | 'refused' | 'translated';

/**
 * IPv4 that is not public: the special-purpose registry, multicast, class E, and the one public address
 * that Azure answers on from within. Metadata services are all inside these blocks.
 */
const refusedIpv4 = ranges(
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '168.63.129.16/32',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
);

/** All of IPv6 that is routed world-wide. A list of what is refused would miss what is assigned next. */
const globalIpv6 = range('2000::/3');

/** Within it: protocol assignments with Teredo, documentation twice, and 6to4, which wraps any IPv4. */
const refusedIpv6 = ranges('2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20');

/** The translators' prefix that everyone shares; the IPv4 address is its last four bytes. */
const sharedTranslation = range('64:ff9b::/96');
const localTranslation = range('64:ff9b:1::/48');

/**
 * Says what may be done with an address. Takes its text, of either family and in any spelling; IPv4
 * written as IPv6 (`::ffff:10.0.0.1`) counts as IPv4. What is no address is refused.
 */
export function classifyAddress(text: string): AddressClass {
  const address = parseIpAddress(text);
  if (address === undefined) return 'refused';
  const isIn = (block: IpRange): boolean => isInIpRange(address, block);
  if (address.length === 4) return refusedIpv4.some(isIn) ? 'refused' : 'public';
  if (isIn(sharedTranslation) || isIn(localTranslation)) return 'translated';
  return isIn(globalIpv6) && !refusedIpv6.some(isIn) ? 'public' : 'refused';
}

/** The IPv4 address that a translated one leads to, or undefined where the text does not tell. */
export function translatedTarget(text: string): string | undefined {
  const address = parseIpAddress(text);
  const isShared = address !== undefined && isInIpRange(address, sharedTranslation);
  return isShared ? address.slice(12).join('.') : undefined;
}

function ranges(...texts: readonly string[]): readonly IpRange[] {
  return texts.map(range);
}

function range(text: string): IpRange {
  const parsed = parseIpRange(text);
  if (parsed === undefined) throw new Error(`not an address range: ${text}`);
  return parsed;
}
