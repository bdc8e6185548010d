/** One address, or a block of them: the first `prefixBits` bits of `bytes` decide. */
export interface IpRange {
  /** 4 bytes for IPv4, 16 for IPv6. IPv4 written as an IPv6 address counts as IPv4. */
  readonly bytes: readonly number[];
  readonly prefixBits: number;
}

/** The 12 bytes in front of an IPv4 address that is written as an IPv6 one, `::ffff:192.0.2.1`. */
const mappedPrefix = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff] as const;
const mappedPrefixBits = mappedPrefix.length * 8;

/**
 * Reads an address or a CIDR block (S-010). Undefined for everything else: no leading zeros, no short
 * forms, no zone ids, no blanks. Bits behind the prefix are allowed and ignored.
 */
export function parseIpRange(text: string): IpRange | undefined {
  const [address = '', prefix, ...rest] = text.split('/');
  const bytes = parseIpv4(address) ?? parseIpv6(address);
  if (bytes === undefined || rest.length > 0) return undefined;
  const bits = prefix === undefined ? bytes.length * 8 : parseDecimal(prefix, bytes.length * 8);
  if (bits === undefined) return undefined;
  return isMapped(bytes, bits)
    ? { bytes: bytes.slice(mappedPrefix.length), prefixBits: bits - mappedPrefixBits }
    : { bytes, prefixBits: bits };
}

/** The bytes of a single address, or undefined. */
export function parseIpAddress(text: string): readonly number[] | undefined {
  return text.includes('/') ? undefined : parseIpRange(text)?.bytes;
}

/** Whether an address lies in a block. False when their families differ. */
export function isInIpRange(address: readonly number[], range: IpRange): boolean {
  if (address.length !== range.bytes.length) return false;
  return address.every((byte, index) => {
    const bits = Math.min(Math.max(range.prefixBits - index * 8, 0), 8);
    const mask = (0xff << (8 - bits)) & 0xff;
    return (byte & mask) === ((range.bytes[index] ?? 0) & mask);
  });
}

function isMapped(bytes: readonly number[], prefixBits: number): boolean {
  return (
    bytes.length === 16 &&
    prefixBits >= mappedPrefixBits &&
    mappedPrefix.every((byte, index) => bytes[index] === byte)
  );
}

function parseIpv4(text: string): number[] | undefined {
  const bytes = text.split('.').map((part) => parseDecimal(part, 255));
  return bytes.length === 4 && bytes.every((byte) => byte !== undefined) ? bytes : undefined;
}

function parseIpv6(text: string): number[] | undefined {
  const halves = text.split('::');
  if (halves.length > 2 || !text.includes(':')) return undefined;
  const [head, tail] = halves.map((half, index) =>
    half === '' ? [] : parseGroups(half, index === halves.length - 1),
  );
  if (head === undefined) return undefined;
  if (halves.length === 1) return head.length === 16 ? head : undefined;
  if (tail === undefined) return undefined;
  const zeros = 16 - head.length - tail.length;
  return zeros >= 2 ? [...head, ...Array<number>(zeros).fill(0), ...tail] : undefined;
}

/** The bytes of groups separated by single colons. At the end an IPv4 address may stand, dotted. */
function parseGroups(text: string, isEnd: boolean): number[] | undefined {
  const groups = text.split(':');
  const bytes: number[] = [];
  for (const [index, group] of groups.entries()) {
    const dotted = isEnd && index === groups.length - 1 ? parseIpv4(group) : undefined;
    if (dotted !== undefined) bytes.push(...dotted);
    else if (/^[0-9a-fA-F]{1,4}$/.test(group)) {
      const value = Number.parseInt(group, 16);
      bytes.push(value >> 8, value & 0xff);
    } else return undefined;
  }
  return bytes;
}

function parseDecimal(text: string, max: number): number | undefined {
  const value = /^(?:0|[1-9][0-9]{0,2})$/.test(text) ? Number(text) : Number.NaN;
  return value <= max ? value : undefined;
}
